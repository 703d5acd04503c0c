import { Redis } from 'ioredis';
import { connectionOptions } from './options.js';
import { type TlsFiles, tlsOptions } from './tls.js';
import type { RedisCredentials, RedisNode } from './url.js';

/** The longest wait for one of several servers that get the same question, in milliseconds: it must not delay the others. */
const QUESTION_LIMIT_MS = 1_000;

/**
 * Asks one server over a separate connection, within {@link QUESTION_LIMIT_MS} or `timeoutMs`, whichever
 * is shorter.
 *
 * @throws Error if there is no connection or no answer
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
    // Only the event says why there is no connection.
    throw failure ?? error;
  } finally {
    client.disconnect();
  }
}
