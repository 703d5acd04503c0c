import type { Ack, ClientToServerEvents, Envelope } from '@viaduct/protocol';

/** Names of commands, in lower case. */
export type CommandEvent = Exclude<keyof ClientToServerEvents, 'command'>;

/** Credentials of a client, for a gateway that requires them. */
export interface Credentials {
  readonly token?: string;
  readonly key?: string;
}

/** The end of a session, or of an attempt to start one. */
export interface WireEnd {
  /** The gateway's close code; null if there is none. */
  readonly code: number | null;
  /** For people. */
  readonly reason: string;
  readonly cause?: unknown;
}

/** Events of a {@link Wire}. */
export interface WireObserver {
  /** A session has started. */
  opened(): void;
  /** The session, or the attempt to start one, has ended: once for each {@link Wire.open}. */
  ended(end: WireEnd): void;
  received(envelopes: readonly Envelope[]): void;
  /** Something has arrived: the text, before it is parsed, or null for a sign of life without one. */
  arrived(text: string | null): void;
}

/** Settings of a {@link Wire}. */
export interface WireSettings {
  /** How long the start of a session may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** One connection at a time, over one of the transports. It does not reconnect by itself. */
export interface Wire {
  /** Starts a session. */
  open(credentials: Credentials): void;
  /**
   * Sends a command in an open session.
   *
   * @param answered called when the command is done, after everything that arrived before; never after the session's end
   * @returns how many commands it counts as
   * @throws RangeError if the transport cannot express it
   */
  send(event: CommandEvent, options: object, answered: Ack): number;
  /** Ends the session at once, without a close frame, as a broken network would. */
  cut(): void;
  /** Ends the session, or the attempt to start one, and reports nothing more. */
  close(): void;
}

/**
 * How a client reaches a gateway. Transports of this package are the plain WebSocket, which is the default, and `socketIo()`
 * of `@viaduct/client/socket-io`.
 */
export type Transport = (address: URL, settings: WireSettings, observer: WireObserver) => Wire;
