import { CLOSE_CODES } from '@viaduct/protocol';
import type { HandshakeObserver } from '../admission/handshake.js';
import type { Grant } from '../auth/grant.js';
import type { Connection } from '../delivery/connection.js';
import type { Session } from '../session/session.js';

/** Makes the session of a new connection, with what its client may do. */
export type SessionFactory = (connection: Connection, grant: Grant) => Session;

/** What a transport reports. */
export interface TransportObserver extends HandshakeObserver {
  opened(connection: SessionConnection): void;
  /** @param code the close code as `CLOSE_CODES` has it, or what the client gave */
  closed(connection: SessionConnection, code: number): void;
  /** A connection was cut that did not become a session in time. */
  handshakeTimedOut(stage: 'socket.io'): void;
}

/** A connection with the session that it became. */
export interface SessionConnection extends Connection {
  readonly session: Session;
}

/** One transport: turns connections of one kind into sessions. */
export interface Transport {
  /** Connections that are sessions. */
  readonly connections: ReadonlySet<SessionConnection>;
  /** How many connections the transport holds, sessions or about to be. */
  readonly size: number;
  /** Frees what the transport holds; connections are cut where they are still open. */
  close(): Promise<void>;
}

/** Ends connections evenly over a time, so that clients do not all come back in the same moment. */
export async function closeSpread(
  connections: readonly SessionConnection[],
  windowMs: number,
): Promise<void> {
  const started = performance.now();
  for (const [i, connection] of connections.entries()) {
    const due = started + (windowMs * i) / connections.length;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    connection.session.end('going_away');
  }
}

/** Code for a connection that broke without a close frame (RFC 6455 section 7.4.1). */
export const BROKEN = 1006;

/** The close code with which `ws` answers a frame that it refuses with this error; {@link BROKEN} for any other. */
export function failureCode({ message }: Error): number {
  if (message.includes('Max payload size exceeded')) return CLOSE_CODES.too_big.code;
  if (message.includes('invalid UTF-8')) return CLOSE_CODES.invalid_utf8.code;
  return message.includes('Invalid WebSocket frame') ? CLOSE_CODES.invalid_frame.code : BROKEN;
}

/** How long connections may take to answer the close frame at the end, in ms, before they are cut. */
const CLOSE_GRACE_MS = 1000;

/** Resolves when the connections are gone, or have had the time that they need for that. */
export async function goneOrTimeout(gone: () => boolean): Promise<void> {
  const until = performance.now() + CLOSE_GRACE_MS;
  while (!gone() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
}
