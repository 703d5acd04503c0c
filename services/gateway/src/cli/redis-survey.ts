import type { Redis } from 'ioredis';
import type { Allowlist } from '../auth/allowlist.js';
import { ClusterMap } from '../sources/redis/cluster-map.js';
import { isDenied } from '../sources/redis/errors.js';
import { RedisLink } from '../sources/redis/link.js';
import { fixedPlace, type RedisPlace } from '../sources/redis/place.js';
import { placeOf } from '../sources/redis/place-of.js';
import type { PubSub } from '../sources/redis/source.js';
import type { RedisAddress, RedisNode } from '../sources/redis/url.js';
import type { SourceLogger } from '../sources/source.js';
import { type HashEntry, type Sample, sampleOf } from './value-sample.js';

/** Approximate number of keys per step of the search. */
const SCAN_COUNT = 1_000;

/** Maximum number of steps: a Redis with hundreds of millions of keys is not searched completely. */
const SCAN_STEPS = 200;

/** Maximum number of hashes to read. */
const MAX_HASHES = 20;

/** Approximate number of values to read from a hash. */
const SAMPLE = 10;

export interface FoundServer {
  /** Its name and version, such as `Redis 8.0.2`. */
  version: string;
  /** What kind of server it is: `standalone`, `sentinel` or `cluster`. */
  mode: string;
  isReplica: boolean;
  /** The time of one round trip, in milliseconds. */
  roundTripMs: number;
}

export interface ActiveChannel {
  name: string;
  /** Connections that are subscribed now, including gateways. */
  subscribers: number;
}

export interface FoundChannels {
  readable: ActiveChannel[];
  /** The names of those found that are not readable, sorted. */
  hidden: string[];
}

export interface FoundHash {
  name: string;
  /** Number of its fields. */
  size: number;
  /** A few of its fields. */
  entries: HashEntry[];
  sample: Sample;
}

export interface FoundHashes {
  /** The first ones by name, at most {@link MAX_HASHES}. */
  shown: FoundHash[];
  /** The names of all readable ones. */
  names: string[];
  /** The names of those found that are not readable, sorted. */
  hidden: string[];
  /** False if the search ended before it had seen all keys. */
  complete: boolean;
}

export interface RedisSurveyOptions {
  address: RedisAddress;
  /** Which kind of channels to list: plain or sharded. */
  pubSub: PubSub;
  commandTimeoutMs: number;
  logger: SourceLogger;
}

/**
 * Looks at a Redis as an administrator, with the gateway's kind of connections; in a Redis Cluster, one to each
 * master. Needs the commands INFO, PUBSUB, SCAN, HLEN, HSCAN and FUNCTION LIST. Reads in small steps, and writes nothing.
 */
export class RedisSurvey {
  readonly #options: RedisSurveyOptions;
  #links: RedisLink[] = [];

  constructor(options: RedisSurveyOptions) {
    this.#options = options;
  }

  /**
   * Resolves when it is connected or the first attempt has failed; then every method fails.
   *
   * @returns masters of a Redis Cluster that cannot be reached, while others can: they are left out
   * @throws Error if no node of a Redis Cluster answers
   */
  async open(): Promise<RedisNode[]> {
    const { address, commandTimeoutMs } = this.#options;
    if (address.kind !== 'cluster') {
      this.#links = [await this.#open(placeOf(address, commandTimeoutMs))];
      return [];
    }
    const { masters } = await new ClusterMap(address, commandTimeoutMs).view();
    const links = await Promise.all(masters.map((master) => this.#open(fixedPlace(master))));
    const isUnreachable = links.map(({ up }) => !up);
    this.#links = links.filter((_, i) => !isUnreachable[i]);
    if (this.#links.length === 0) {
      this.#links = links;
      return [];
    }
    await Promise.all(links.map((link, i) => (isUnreachable[i] ? link.close() : undefined)));
    return masters.filter((_, i) => isUnreachable[i]);
  }

  /** Resolves when the first attempt to connect is over. */
  async #open(place: RedisPlace): Promise<RedisLink> {
    const { address, commandTimeoutMs, logger } = this.#options;
    return new Promise((resolve) => {
      const link: RedisLink = new RedisLink({
        name: 'check',
        address,
        place,
        commandTimeoutMs,
        logger,
        prepare: async () => {
          if (address.db !== 0) await link.run((client) => client.select(address.db));
        },
        changed: () => resolve(link),
      });
      link.open();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
  }

  /**
   * What the server is; null if the user may not know.
   *
   * @throws SourceError
   */
  async server(): Promise<FoundServer | null> {
    try {
      return await this.#server();
    } catch (error) {
      if (isDenied(error)) return null;
      throw error;
    }
  }

  async #server(): Promise<FoundServer> {
    const started = performance.now();
    const replication = await this.onOne((client) => client.info('replication'));
    const roundTripMs = performance.now() - started;
    const info = await this.onOne((client) => client.info('server'));
    const [, valkey] = /^valkey_version:(\S+)/mu.exec(info) ?? [];
    const [, redis] = /^redis_version:(\S+)/mu.exec(info) ?? [];
    const [, mode = 'standalone'] = /^(?:server|redis)_mode:(\S+)/mu.exec(info) ?? [];
    const version = valkey === undefined ? `Redis ${redis ?? '?'}` : `Valkey ${valkey}`;
    return { version, mode, isReplica: /^role:slave/mu.test(replication), roundTripMs };
  }

  /**
   * The answer of one server.
   *
   * @throws SourceError
   */
  async onOne<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    const [link] = this.#links;
    if (link === undefined) throw new Error('no server of the Redis Cluster can be reached');
    return link.run(question);
  }

  /**
   * Channels with subscribers, by name.
   *
   * @throws SourceError
   */
  async channels(allows: Allowlist): Promise<FoundChannels> {
    const subscribers = new Map<string, number>();
    for (const counts of await this.onEach((client) => countSubscribers(client, this.#options.pubSub))) {
      for (const [name, count] of counts) subscribers.set(name, (subscribers.get(name) ?? 0) + count);
    }
    const allowed = [...subscribers].filter(([name]) => allows(name)).sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      readable: allowed.map(([name, count]) => ({ name, subscribers: count })),
      hidden: hiddenOf(subscribers.keys(), allows),
    };
  }

  /**
   * Hashes that exist.
   *
   * @param idProperty member of `properties` that identifies a Feature without an `id`; empty for none
   * @throws SourceError
   */
  async hashes(allows: Allowlist, idProperty: string): Promise<FoundHashes> {
    const searches = await this.onEach(async (client, link) => ({ ...(await scanHashes(client)), link }));
    const places = new Map(searches.flatMap(({ names, link }) => names.map((name) => [name, link] as const)));
    const allowed = [...places].filter(([name]) => allows(name)).sort(([a], [b]) => (a < b ? -1 : 1));
    const shown: FoundHash[] = [];
    for (const [name, link] of allowed.slice(0, MAX_HASHES)) {
      shown.push(await link.run((client) => readHash(client, name, idProperty)));
    }
    const complete = searches.every((search) => search.complete);
    return { shown, names: allowed.map(([name]) => name), hidden: hiddenOf(places.keys(), allows), complete };
  }

  /**
   * The source of a library of functions on each server; null if a server does not have it.
   *
   * @throws SourceError if functions are unknown there, or hidden from the user
   */
  libraryCodes(name: string): Promise<(string | null)[]> {
    return this.onEach(async (client) => {
      const libraries = (await client.call('FUNCTION', 'LIST', 'LIBRARYNAME', name, 'WITHCODE')) as unknown[];
      const members = libraries.flat();
      const at = members.indexOf('library_code');
      return at < 0 ? null : String(members[at + 1]);
    });
  }

  /** The number of keys in each other database that has any; empty if the user may not know. */
  async otherDatabases(): Promise<ReadonlyMap<number, number>> {
    const { address } = this.#options;
    // A Redis Cluster has only one.
    if (address.kind === 'cluster') return new Map();
    try {
      const info = await this.onOne((client) => client.info('keyspace'));
      const lines = info.matchAll(/^db(\d+):keys=(\d+)/gmu);
      const keys = new Map(Array.from(lines, ([, db, number]) => [Number(db), Number(number)]));
      keys.delete(address.db);
      return keys;
    } catch (error) {
      if (isDenied(error)) return new Map();
      throw error;
    }
  }

  /**
   * The answer of each server.
   *
   * @throws SourceError
   */
  onEach<T>(question: (client: Redis, link: RedisLink) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#links.map((link) => link.run((client) => question(client, link))));
  }
}

function hiddenOf(names: Iterable<string>, allows: Allowlist): string[] {
  return [...names].filter((name) => !allows(name)).sort();
}

/** The channels of one server, and the number of connections that are subscribed. */
async function countSubscribers(client: Redis, pubSub: PubSub): Promise<[name: string, count: number][]> {
  const sharded = pubSub === 'sharded';
  const found = await (sharded ? client.pubsub('SHARDCHANNELS') : client.pubsub('CHANNELS'));
  const names = found.map(String);
  if (names.length === 0) return [];
  const counts = await (sharded ? client.pubsub('SHARDNUMSUB', ...names) : client.pubsub('NUMSUB', ...names));
  return names.map((name, i) => [name, Number(counts[2 * i + 1])]);
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

async function readHash(client: Redis, name: string, idProperty: string): Promise<FoundHash> {
  const size = await client.hlen(name);
  const [, entries] = await client.hscanBuffer(name, '0', 'COUNT', SAMPLE);
  const pairs = Array.from(
    { length: Math.min(SAMPLE, entries.length / 2) },
    (_, i) => entries.slice(2 * i, 2 * i + 2) as [Buffer, Buffer],
  );
  return { name, size, entries: pairs, sample: sampleOf(pairs, idProperty) };
}
