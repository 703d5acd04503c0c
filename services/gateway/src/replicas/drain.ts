import { setTimeout as pause } from 'node:timers/promises';
import type { SessionConnection } from '../transports/transport.js';
import { untilNobodyIsReady } from './peers.js';

export interface DrainOptions {
  /** The period over which connections are closed, in ms. */
  readonly drainMs: number;
  /** Host name and port of all gateways; empty if they are unknown. */
  readonly peers: string;
  /** Called when no other gateway is ready, and the remaining connections are closed at once. */
  cutShort(): void;
}

/** Closes the connections evenly over a period, as long as another gateway is ready to take over the clients. */
export async function drain(
  connections: readonly SessionConnection[],
  { drainMs, peers, cutShort }: DrainOptions,
): Promise<void> {
  const atOnce = new AbortController();
  const drained = new AbortController();
  if (drainMs > 0 && peers !== '') {
    untilNobodyIsReady(peers, drained.signal).then(
      () => {
        cutShort();
        atOnce.abort();
      },
      // The drain has ended.
      () => undefined,
    );
  }
  await closeSpread(connections, drainMs, atOnce.signal);
  drained.abort();
}

/**
 * Closes connections evenly over a period, so that clients do not all reconnect at the same moment.
 *
 * @param atOnce closes the rest at once
 */
async function closeSpread(
  connections: readonly SessionConnection[],
  windowMs: number,
  atOnce: AbortSignal,
): Promise<void> {
  const started = performance.now();
  for (const [i, connection] of connections.entries()) {
    const due = started + (windowMs * i) / connections.length;
    const wait = due - performance.now();
    if (wait > 1) await pause(wait, undefined, { signal: atOnce }).catch(() => undefined);
    connection.session.end('going_away');
  }
}
