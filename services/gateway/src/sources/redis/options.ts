import type { RedisOptions } from 'ioredis';
import type { RedisAddress, RedisCredentials } from './url.js';

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_LIMIT_MS = 2_000;

/** The time that a connection has to end cleanly before it is cut, in milliseconds. */
export const DISCONNECT_TIMEOUT_MS = 500;

/** The longest wait between two checks of a Redis that loads its data, in milliseconds. */
const LOADING_RETRY_MS = 1_000;

/**
 * Milliseconds until the next attempt: between half of the back-off and all of it, so that replicas spread.
 *
 * @param attempts number of failed attempts before this one
 */
export function backOffMs(attempts: number): number {
  const ceiling = Math.min(BACK_OFF_LIMIT_MS, BACK_OFF_FIRST_MS * 2 ** attempts);
  return ceiling * (0.5 + Math.random() / 2);
}

/**
 * The common options of all connections to Redis. If a connection is lost, its pending commands fail at once and are not
 * repeated on the next one. A connection that stays silent while an answer is due counts as dead.
 */
export function connectionOptions(
  name: string,
  { username, password }: RedisCredentials,
  commandTimeoutMs: number,
) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    connectionName: `viaduct:${name}`,
    lazyConnect: true,
    connectTimeout: commandTimeoutMs,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxLoadingRetryTime: LOADING_RETRY_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    socketTimeout: 2 * commandTimeoutMs,
  } satisfies RedisOptions;
}

/** The texts of an address that no log may show. */
export function secretsOf(address: RedisAddress): string[] {
  const passwords = [address.password, address.kind === 'sentinel' ? address.sentinel.password : undefined];
  return passwords.filter((password) => password !== undefined);
}
