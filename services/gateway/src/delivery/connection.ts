import type { CloseReason } from '@viaduct/protocol';
import type { Queue } from './messages.js';

/** How a client is connected. */
export type TransportName = 'raw' | 'socket.io';

/** How log lines name a session: as fields. */
export interface SessionName {
  /** The session's id. */
  readonly session: string;
  readonly transport: TransportName;
}

/** The way out of one connection. */
export interface Writer {
  /**
   * Hands the messages of the queue to the connection, in order.
   *
   * @param bufferSize 0: as separate envelopes; otherwise as `buffer` envelopes of up to that many
   */
  write(queue: Queue, bufferSize: number): void;
  /** True while the connection takes no more; `Outbox.resume()` is called when that ends. */
  readonly congested: boolean;
}

/** A connected client as a transport presents it. */
export interface Connection extends Writer {
  readonly transport: TransportName;
  /** IP address of the other end, which may be a proxy's; null once it is unknown. */
  readonly address: string | null;
  /** Ends the connection with the code of that reason. */
  close(reason: CloseReason): void;
  /** Asks the connection to bring no more commands for now, or to go on; not every transport can. */
  pauseReading(paused: boolean): void;
}
