import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The most CRSs that one collection names: an index keeps places in only a few. */
const MAX_CRSS = 4;

const BOX = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .refine(([, south, , north]) => south <= north, { error: 'must be [west, south, east, north] in degrees' });

const COLLECTION = z.strictObject({
  /** Name of the channel. */
  id: z.string().min(1).max(200),
  title: z.string().max(200).optional(),
  description: z.string().max(2_000).optional(),
  /** West, south, east and north in degrees. */
  extent: BOX.optional(),
  /** CRSs in which it is served besides those of every collection, such as `epsg:2056`. */
  crs: z
    .array(
      z.string().regex(/^epsg:[1-9]\d{0,8}$/iu, { error: 'must be "epsg:" and a code, such as epsg:2056' }),
    )
    .max(MAX_CRSS)
    .default([]),
});

const COLLECTIONS = z.array(COLLECTION).max(1_000);

/** What the operator says about a channel. */
export type CollectionSpec = z.output<typeof COLLECTION>;

/**
 * Reads what the operator says about channels.
 *
 * @param text a list in JSON, or the path of a file with one; empty for none
 * @throws RangeError with what is wrong and what is valid
 */
export function readCollections(text: string): CollectionSpec[] {
  if (text === '') return [];
  const collections = COLLECTIONS.safeParse(parse(text.startsWith('[') ? text : readText(text)));
  if (!collections.success) {
    const wrong = collections.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'it'}: ${message}`,
    );
    throw new RangeError(`${wrong.join('; ')}; docs/http-api.md shows a list of collections`);
  }
  const ids = new Set(collections.data.map(({ id }) => id));
  if (ids.size < collections.data.length) throw new RangeError('it names a channel twice; name each once');
  return collections.data;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not a file';
    throw new RangeError(
      `${path} cannot be read (${why}); write a list that begins with [, or name a file that the gateway may read`,
    );
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new RangeError('it is not JSON; write a list such as [{"id": "trains", "title": "Trains"}]');
  }
}
