import type { Config } from '../config/config.js';
import { sentinelCredentials } from '../config/redis-settings.js';
import { createSource, type Source, SourceError, type SourceLogger } from '../sources/index.js';

/** Most names that are tried one by one. */
const MAX_TRIED = 20;

/** The result of connecting as a gateway does. */
export interface TriedSource {
  /** Why there was no connection; null if there was one. */
  failure: string | null;
  /** What Redis did not allow the gateway's user to do, one sentence each. */
  refusals: string[];
  /** Names in `CHANNELS` whose keys are not hashes. */
  noHashes: string[];
  /** Discards what further connections would log. */
  logger: SourceLogger;
}

/** Keeps the first failure that a source reports, because the later ones say the same. */
class FirstFailure implements SourceLogger {
  text: string | null = null;
  #heard = (): void => {};

  /** Resolves at the first failure. */
  readonly heard = new Promise<void>((resolve) => {
    this.#heard = resolve;
  });

  info(): void {}

  warn(): void {}

  error(fields: object, message: string): void {
    this.text ??= 'error' in fields ? String(fields.error) : message;
    this.#heard();
  }
}

/** Connects to the source as a gateway does, reads and subscribes to the names in `CHANNELS`, and disconnects. */
export async function trySource(config: Config): Promise<TriedSource> {
  const logger = new FirstFailure();
  const source = createSource({
    redisUrl: config.redis.url,
    sentinel: sentinelCredentials(config),
    pubSub: config.redis.pubSub,
    commandTimeoutMs: config.redis.timeoutMs,
    logger,
  });
  try {
    await connected(source, logger, config.redis.timeoutMs);
    if (!source.ready) {
      const silence = `no answer within ${config.redis.timeoutMs} ms (REDIS_TIMEOUT_MS)`;
      return { failure: logger.text ?? silence, refusals: [], noHashes: [], logger };
    }
    return { failure: null, ...(await tryNames(source, config.channels)), logger };
  } finally {
    await source.close();
  }
}

/** Waits until the source is ready, has failed, or the time is over. */
async function connected(source: Source, logger: FirstFailure, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
    const state = (isReady: boolean): void => {
      if (isReady) resolve();
    };
    const listener = {
      message: ignore,
      resumed: ignore,
      lost: ignore,
      denied: ignore,
      tooSlow: ignore,
      state,
    };
    void source.start(listener);
  });
  await Promise.race([ready, logger.heard]);
  clearTimeout(timer);
}

/** Ignores all events but the state. */
function ignore(): void {}

/** Tries each name that is not a glob: an ACL may allow only some keys and channels. */
async function tryNames(source: Source, patterns: readonly string[]) {
  const names = patterns.filter((pattern) => !/[*?[\\]/u.test(pattern)).slice(0, MAX_TRIED);
  const refusals: string[] = [];
  const noHashes: string[] = [];
  for (const name of names) {
    const get = await failureOf(() => source.hashField(name, ''));
    if (get instanceof SourceError && get.code === 'wrong_type') noHashes.push(name);
    else if (get !== null) refusals.push(`clients could not GET ${name}: ${get.message}`);
    const sub = await failureOf(() => source.subscribe(name));
    if (sub !== null) refusals.push(`clients could not SUB ${name}: ${sub.message}`);
  }
  return { refusals, noHashes };
}

async function failureOf(run: () => Promise<unknown>): Promise<Error | null> {
  try {
    await run();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** How to fix a failed connection, judging by the message of Redis or the operating system. */
export function connectionRemedy(failure: string): string {
  if (/No Sentinel knows/u.test(failure)) {
    return 'name the Sentinels and the master as they call it: redis+sentinel://host:port,host:port/mymaster';
  }
  if (/NOAUTH|WRONGPASS|ERR AUTH|invalid username-password/u.test(failure)) {
    return 'put the user and password into REDIS_URL: redis://user:password@host:port';
  }
  if (/ENOTFOUND|EAI_AGAIN/u.test(failure)) return "fix the host's name in REDIS_URL";
  if (/NOPERM/u.test(failure)) return "fix the ACL of the gateway's user; ACL LOG has more";
  if (/DB index|invalid DB/u.test(failure)) return 'name an existing database in REDIS_URL, or none';
  if (/certificate|SSL|TLS|wrong version number/iu.test(failure)) {
    return 'use rediss:// if Redis uses TLS, with a certificate that this machine trusts (NODE_EXTRA_CA_CERTS)';
  }
  return 'start Redis there, or correct REDIS_URL; check host, port and firewall';
}
