import { isGlob } from '../auth/allowlist.js';
import type { Grant } from '../auth/grant.js';
import { type CollectionSpec, readCollections } from '../config/collections.js';
import { type Config, ConfigError } from '../config/config.js';
import { CrsList } from './named-crs.js';

/** A channel as the API describes it. */
export interface Collection extends Omit<CollectionSpec, 'crs'> {
  readonly crss: CrsList;
}

/** The channels that the API serves. */
export class Collections {
  readonly #listed: ReadonlyMap<string, Collection>;
  readonly #crssOfOthers: CrsList;

  private constructor(listed: readonly Collection[], crssOfOthers: CrsList) {
    this.#listed = new Map(listed.map((collection) => [collection.id, collection]));
    this.#crssOfOthers = crssOfOthers;
  }

  /** @throws ConfigError if a collection is to be served in a CRS that does not exist */
  static async create({ httpApi, channels, delivery }: Config): Promise<Collections> {
    const crssOfOthers = await CrsList.of([delivery.defaultProjection]);
    const named = readCollections(httpApi.collections);
    const described = new Set(named.map(({ id }) => id));
    const plain = channels.filter((channel) => !isGlob(channel) && !described.has(channel));
    const listed = named.map(async ({ crs, ...spec }): Promise<Collection> => {
      return { ...spec, crss: await crssOf(spec.id, [delivery.defaultProjection, ...crs]) };
    });
    const others = plain.map((id): Collection => ({ id, crss: crssOfOthers }));
    return new Collections([...(await Promise.all(listed)), ...others], crssOfOthers);
  }

  /** The listed collections that a client may read, in the order of their names. */
  listFor({ reads }: Grant): Collection[] {
    const readable = [...this.#listed.values()].filter(({ id }) => reads(id));
    return readable.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The collection of a channel, listed or not; null if the client may not read it. */
  find(id: string, { reads }: Grant): Collection | null {
    if (!reads(id)) return null;
    return this.#listed.get(id) ?? { id, crss: this.#crssOfOthers };
  }
}

async function crssOf(id: string, names: readonly string[]): Promise<CrsList> {
  try {
    return await CrsList.of(names);
  } catch (error) {
    throw new ConfigError(
      `COLLECTIONS: crs of ${id}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
