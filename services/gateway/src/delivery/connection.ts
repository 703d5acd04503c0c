import type { CloseReason } from '@viaduct/protocol';
import type { Queue } from './messages.js';

/** How a client is connected. */
export type TransportName = 'raw' | 'socket.io' | 'sse';

/** How a client reaches the gateway: over a transport, or with a request to the HTTP API. */
export type ClientKind = TransportName | 'http';

/** The fields that name a session in log lines. */
export interface SessionName {
  /** The session's id. */
  readonly session: string;
  readonly transport: TransportName;
}

/** Writes to one connection. */
export interface Writer {
  /**
   * Hands the messages of the queue to the connection, in order.
   *
   * @param bufferSize largest number of messages in a `buffer` envelope; 0 for separate envelopes
   */
  write(queue: Queue, bufferSize: number): void;
  /** True while the connection accepts no more data; `Outbox.resume()` is called when that ends. */
  readonly congested: boolean;
}

/** A connected client as a transport presents it. */
export interface Connection extends Writer {
  readonly transport: TransportName;
  /** IP address of the client or of a proxy; null if the client had gone before it was known. */
  readonly address: string | null;
  /** Closes the connection with the code of the reason. */
  close(reason: CloseReason): void;
  /** Asks the connection to stop or resume reading commands; not every transport can. */
  pauseReading(paused: boolean): void;
}
