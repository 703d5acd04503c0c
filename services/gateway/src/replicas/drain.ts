import { setTimeout as pause } from 'node:timers/promises';
import type { SessionConnection } from '../transports/transport.js';
import { untilNobodyIsReady } from './peers.js';

export interface DrainOptions {
  /** The time over which connections end, in ms. */
  readonly drainMs: number;
  /** Host name and port of all gateways; empty if they are unknown. */
  readonly peers: string;
  /** Called when no other gateway is ready, so that the remaining connections end at once. */
  cutShort(): void;
}

/** Spreads the end of connections over a time, as long as another gateway can take the clients over. */
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
 * Ends connections evenly over a time, so that clients do not all reconnect at the same moment.
 *
 * @param atOnce ends the rest at once
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
