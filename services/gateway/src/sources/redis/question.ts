import { Redis } from 'ioredis';
import { connectionOptions } from './options.js';
import { type TlsFiles, tlsOptions } from './tls.js';
import type { RedisCredentials, RedisNode } from './url.js';

/** Longest wait for one of several servers that are asked the same, in milliseconds: the others must not wait for it. */
const QUESTION_LIMIT_MS = 1_000;

/**
 * Asks one server something over a connection of its own, within {@link QUESTION_LIMIT_MS} or `timeoutMs`, whichever
 * is shorter.
 *
 * @throws Error where there is no connection or no answer
 */
export async function askNode<T>(
  { host, port }: RedisNode,
  access: RedisCredentials & { tls: TlsFiles | null },
  timeoutMs: number,
  question: (client: Redis) => Promise<T>,
): Promise<T> {
  const limitMs = Math.min(timeoutMs, QUESTION_LIMIT_MS);
  const client = new Redis({
    ...connectionOptions('finder', access, limitMs),
    ...(access.tls !== null && { tls: tlsOptions(access.tls) }),
    commandTimeout: limitMs,
    host,
    port,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  let failure: Error | undefined;
  client.on('error', (error: Error) => {
    failure = error;
  });
  try {
    await client.connect();
    return await question(client);
  } catch (error) {
    // Why there is no connection is told by the event alone.
    throw failure ?? error;
  } finally {
    client.disconnect();
  }
}
