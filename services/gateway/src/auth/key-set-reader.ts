import { createLocalJWKSet, type FetchImplementation, type JSONWebKeySet } from 'jose';

/** The longest key set. Those of identity providers have a few kilobytes. */
const MAX_BYTES = 1024 * 1024;

/** Wait after the first failure, in ms; after each further one, twice as long. */
const FIRST_WAIT_MS = 1000;

/**
 * Reads key sets for jose. It reads at most {@link MAX_BYTES}, and after a failure it waits before the next read.
 *
 * @param maxWaitMs longest wait after failures, in ms
 * @param clock a monotonic clock, in ms
 */
export function keySetReader(
  maxWaitMs: number,
  clock: () => number = () => performance.now(),
): FetchImplementation {
  let waitMs = 0;
  let nextAt = Number.NEGATIVE_INFINITY;
  return async (url, options) => {
    if (clock() < nextAt) throw new Error('the key set could not be read; it is read again after a wait');
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new Error(`the key server answered with status ${response.status}`);
      const keySet = JSON.parse(await boundedText(response)) as JSONWebKeySet;
      // Throws if it is not a key set.
      createLocalJWKSet(keySet);
      waitMs = 0;
      return Response.json(keySet);
    } catch (error) {
      waitMs = Math.min(maxWaitMs, Math.max(FIRST_WAIT_MS, waitMs * 2));
      nextAt = clock() + waitMs;
      throw error;
    }
  };
}

async function boundedText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the request.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`the key set has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
