import type { Ledger } from './ledger.js';

/** Transport of a client. */
export type TransportName =
  | 'raw, silent'
  | 'raw, watchful'
  | 'socket.io over WebSocket'
  | 'socket.io over polling';

/** A client that stays subscribed to one channel, reconnects, and records what it receives. */
export interface Client {
  readonly transport: TransportName;
  readonly ledger: Ledger;
  /** Sends a command that has an answer, to detect lost ones; called once a second. */
  ask(): void;
  stop(): void;
}
