import type { Envelope } from '@viaduct/protocol';
import { TRANSPORT_NAMES } from '@viaduct/testkit/clients';

/** Settings that say who does the work on messages and hashes. */
export const WORKERS = {
  'the main thread': { WORKER_THREADS: '0' },
  'worker threads': { WORKER_THREADS: '2', WORKER_MIN_BYTES: '1024', WORKER_MIN_HASH_BYTES: '1024' },
};

/** Each kind of session, with each of them. */
export const KINDS = TRANSPORT_NAMES.flatMap((transport) =>
  Object.entries(WORKERS).map(([worker, env]) => ({ transport, worker, env })),
);

/** Makes a value big enough for the worker threads, if there are any. */
export const BIG_TEXT = 'x'.repeat(1100);

/** A feature that is big enough for them. */
export function bigFeature(id: string, geometry: object | null): object {
  return { type: 'Feature', id, properties: { text: BIG_TEXT }, geometry };
}

/** Whether the content of an envelope is the feature with that id. */
export function isFeature(id: string): (envelope: Pick<Envelope, 'content'>) => boolean {
  return ({ content }) => (content as { id?: string } | null)?.id === id;
}
