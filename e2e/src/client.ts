import type { Ledger } from './ledger.js';

/** How a client talks to the gateways. */
export type TransportName =
  | 'raw, silent'
  | 'raw, watchful'
  | 'socket.io over WebSocket'
  | 'socket.io over polling';

/** A client that stays subscribed to one channel, comes back when it is cut off, and keeps books. */
export interface Client {
  readonly transport: TransportName;
  readonly ledger: Ledger;
  /** Sends a command that is answered, so that lost ones can be told; called once a second. */
  ask(): void;
  stop(): void;
}
