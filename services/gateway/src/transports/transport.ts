import type { Connection } from '../services.js';
import type { Session } from '../session.js';

/** Makes the session of a new connection. */
export type SessionFactory = (connection: Connection) => Session;

/** What a transport reports. */
export interface TransportObserver {
  opened(door: Connection['door']): void;
  /** @param code the close code as `CLOSE_CODES` has it, or what the client gave */
  closed(door: Connection['door'], code: number): void;
  /** A connection was turned away before it became a session. */
  refused(door: Connection['door'], reason: string): void;
}

/** Says why no further connection is taken; null where one is. */
export type Admission = () => 'draining' | 'too_many_connections' | null;

/** One door: turns connections of one kind into sessions. */
export interface Transport {
  readonly connections: ReadonlySet<Connection>;
  /** Frees what the transport holds; connections are cut where they are still open. */
  close(): Promise<void>;
}

/** Ends connections evenly over a time, so that clients do not all come back in the same moment. */
export async function closeSpread(connections: readonly Connection[], windowMs: number): Promise<void> {
  const started = performance.now();
  for (const [i, connection] of connections.entries()) {
    const due = started + (windowMs * i) / connections.length;
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    connection.close('going_away');
  }
}
