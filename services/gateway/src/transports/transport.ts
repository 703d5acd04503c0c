import { CLOSE_CODES } from '@viaduct/protocol';
import type { HandshakeObserver } from '../admission/handshake.js';
import type { Grant } from '../auth/grant.js';
import type { Connection } from '../delivery/connection.js';
import type { Session } from '../session/session.js';

/** Makes the session of a new connection, with the grant of its client. */
export type SessionFactory = (connection: Connection, grant: Grant) => Session;

/** Receives the reports of a transport. */
export interface TransportObserver extends HandshakeObserver {
  opened(connection: SessionConnection): void;
  /** @param code the close code of `CLOSE_CODES`, or that of the client */
  closed(connection: SessionConnection, code: number): void;
  /** A connection was cut because it stayed without a session for too long, or had to wait too long for its turn. */
  handshakeTimedOut(stage: 'raw' | 'socket.io'): void;
}

/** A connection with its session. */
export interface SessionConnection extends Connection {
  readonly session: Session;
}

/** One transport turns connections of one kind into sessions. */
export interface Transport {
  /** Connections that are sessions. */
  readonly connections: ReadonlySet<SessionConnection>;
  /** The number of connections, including those that are not yet sessions. */
  readonly size: number;
  /**
   * Frees the transport's resources and ends open connections. Event streams are not cut: a slow client may still receive
   * what it was sent.
   */
  close(): Promise<void>;
}

/** Code for a connection that broke without a close frame (RFC 6455 section 7.4.1). */
export const BROKEN = 1006;

/** The message of the error of a WebSocket that receives too many frames. */
export const TOO_MANY_FRAMES = 'Too many frames';

/** The close code with which `ws` answers a frame that it refuses with this error; {@link BROKEN} for any other. */
export function failureCode({ message }: Error): number {
  if (message.includes('Max payload size exceeded')) return CLOSE_CODES.too_big.code;
  if (message.includes('Too many message fragments') || message.includes('Too many buffered chunks')) {
    return CLOSE_CODES.unfinished_message.code;
  }
  if (message.includes(TOO_MANY_FRAMES)) return CLOSE_CODES.rate_limited.code;
  if (message.includes('invalid UTF-8')) return CLOSE_CODES.invalid_utf8.code;
  return message.includes('Invalid WebSocket frame') ? CLOSE_CODES.invalid_frame.code : BROKEN;
}
