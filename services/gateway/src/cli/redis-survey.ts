import { GeoMessage } from '@viaduct/geo-worker';
import type { Redis } from 'ioredis';
import type { Allowlist } from '../access.js';
import { RedisLink } from '../sources/redis-link.js';
import type { RedisAddress } from '../sources/redis-url.js';
import type { SourceLogger } from '../sources/source.js';

/** About how many keys one step of the search looks at. */
const SCAN_COUNT = 1_000;

/** Most steps of the search: a Redis with hundreds of millions of keys is not searched to its end. */
const SCAN_STEPS = 200;

/** Most hashes that are looked into. */
const MAX_HASHES = 20;

/** About how many values of a hash are looked at. */
const SAMPLE = 10;

export interface ActiveChannel {
  name: string;
  /** Connections that are subscribed now, gateways among them. */
  subscribers: number;
}

export interface FoundHash {
  name: string;
  /** Number of its fields. */
  size: number;
  /** Of some values that were looked at: how many are GeoJSON, and how many are not even JSON. */
  sample: { looked: number; geo: number; invalid: number };
}

export interface FoundHashes {
  /** The first of them by name, at most {@link MAX_HASHES}. */
  shown: FoundHash[];
  /** How many are readable, shown or not. */
  readable: number;
  /** How many hashes the search met that are not readable. */
  hidden: number;
  /** False where the search ended before it had seen all keys. */
  complete: boolean;
}

/**
 * A look at a Redis as an administrator has it, through a connection of the gateway's own kind. Needs the commands
 * INFO, PUBSUB, SCAN, HLEN and HSCAN. Reads in small steps, and writes nothing.
 */
export class RedisSurvey {
  readonly #link: RedisLink;
  #changed = (): void => {};

  constructor(address: RedisAddress, commandTimeoutMs: number, logger: SourceLogger) {
    this.#link = new RedisLink({
      name: 'check',
      address,
      commandTimeoutMs,
      logger,
      prepare: async () => {
        if (address.db !== 0) await this.#link.run((client) => client.select(address.db));
      },
      changed: () => this.#changed(),
    });
  }

  /** Resolves when it is connected or the first attempt has failed; then every look says so. */
  async open(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      this.#link.open();
    });
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  /**
   * The server's name and version, such as `Redis 8.0.2`, and the time of one round trip in milliseconds.
   *
   * @throws SourceError
   */
  async server(): Promise<{ version: string; roundTripMs: number }> {
    const info = await this.#link.run((client) => client.info('server'));
    const started = performance.now();
    await this.#link.run((client) => client.ping());
    const roundTripMs = performance.now() - started;
    const [, valkey] = /^valkey_version:(\S+)/mu.exec(info) ?? [];
    const [, redis] = /^redis_version:(\S+)/mu.exec(info) ?? [];
    return { version: valkey === undefined ? `Redis ${redis ?? '?'}` : `Valkey ${valkey}`, roundTripMs };
  }

  /**
   * Channels to which somebody is subscribed now, by name.
   *
   * @throws SourceError
   */
  async channels(allows: Allowlist): Promise<{ readable: ActiveChannel[]; hidden: number }> {
    const names = (await this.#link.run((client) => client.pubsub('CHANNELS'))).map(String);
    const allowed = names.filter(allows).sort();
    const counts = allowed.length === 0 ? [] : await this.#link.run((c) => c.pubsub('NUMSUB', ...allowed));
    return {
      readable: allowed.map((name, i) => ({ name, subscribers: Number(counts[2 * i + 1]) })),
      hidden: names.length - allowed.length,
    };
  }

  /**
   * Hashes that exist.
   *
   * @throws SourceError
   */
  async hashes(allows: Allowlist): Promise<FoundHashes> {
    const { names, complete } = await this.#link.run(scanHashes);
    const allowed = names.filter(allows).sort();
    const shown: FoundHash[] = [];
    for (const name of allowed.slice(0, MAX_HASHES)) {
      shown.push(await this.#link.run((client) => lookInto(client, name)));
    }
    return { shown, readable: allowed.length, hidden: names.length - allowed.length, complete };
  }
}

async function scanHashes(client: Redis): Promise<{ names: string[]; complete: boolean }> {
  const names = new Set<string>();
  let cursor = '0';
  for (let step = 0; step < SCAN_STEPS; step += 1) {
    const [next, found] = await client.scan(cursor, 'COUNT', SCAN_COUNT, 'TYPE', 'hash');
    for (const name of found) names.add(name);
    cursor = next;
    if (cursor === '0') break;
  }
  return { names: [...names], complete: cursor === '0' };
}

async function lookInto(client: Redis, name: string): Promise<FoundHash> {
  const size = await client.hlen(name);
  const [, entries] = await client.hscan(name, '0', 'COUNT', SAMPLE);
  const values = entries.filter((_, i) => i % 2 === 1).slice(0, SAMPLE);
  const sample = { looked: values.length, geo: 0, invalid: 0 };
  for (const value of values) {
    const geo = isGeo(value);
    if (geo === null) sample.invalid += 1;
    else if (geo) sample.geo += 1;
  }
  return { name, size, sample };
}

/** Whether a value is GeoJSON; null where it is no JSON. */
function isGeo(text: string): boolean | null {
  try {
    return GeoMessage.parse(text).isGeo;
  } catch {
    return null;
  }
}
