import type { Bbox } from '@viaduct/geo-worker';
import { CRS84, type CrsList, type NamedCrs } from './named-crs.js';
import { badValue } from './problem.js';

/** Default and maximum number of features on a page. */
export const USUAL_LIMIT = 100;
export const MAX_LIMIT = 10_000;

/** The parameters of a request for a feature, and for features. */
export const ITEM_PARAMETERS = ['crs'] as const;
export const ITEMS_PARAMETERS = ['bbox', 'bbox-crs', 'crs', 'cursor', 'datetime', 'limit', 'live'] as const;

/** A box that features must touch. */
export interface QueriedBox {
  readonly bbox: Bbox;
  readonly crs: NamedCrs;
}

/** Which features a request asks for. */
export interface ItemsQuery {
  /** CRS of the answer. */
  readonly crs: NamedCrs;
  /** Null for all places. */
  readonly box: QueriedBox | null;
  readonly limit: number;
  /** Key of the last feature of the page before; null for the first page. */
  readonly after: string | null;
  /** Whether the answer continues with every change. */
  readonly isLive: boolean;
}

type Parameters = ReadonlyMap<string, string>;

/** @throws Problem if a value is not valid */
export function readItemsQuery(parameters: Parameters, crss: CrsList): ItemsQuery {
  checkDatetime(parameters.get('datetime'));
  const live = parameters.get('live') ?? 'false';
  if (live !== 'true' && live !== 'false') throw badValue('live', 'must be true or false');
  return {
    isLive: live === 'true',
    crs: readCrs(parameters, 'crs', crss),
    box: readBox(parameters, crss),
    limit: readLimit(parameters.get('limit')),
    after: readCursor(parameters.get('cursor')),
  };
}

/**
 * The CRS that a parameter names; CRS84 by default.
 *
 * @throws Problem if the collection is not served in it
 */
export function readCrs(parameters: Parameters, name: 'crs' | 'bbox-crs', crss: CrsList): NamedCrs {
  const crs = crss.get(parameters.get(name) ?? CRS84);
  if (crs === undefined) throw badValue(name, `must be one of ${crss.uris.join(', ')}`);
  return crs;
}

const BBOX_FORM =
  'must be four numbers, or six with heights, separated by commas, in the axis order of bbox-crs: minimum before maximum';

function readBox(parameters: Parameters, crss: CrsList): QueriedBox | null {
  const crs = readCrs(parameters, 'bbox-crs', crss);
  const text = parameters.get('bbox');
  if (text === undefined) return null;
  const numbers = text.split(',').map(readNumber);
  const isFlat = numbers.length === 4;
  if ((!isFlat && numbers.length !== 6) || !numbers.every(Number.isFinite)) throw badValue('bbox', BBOX_FORM);
  // Boxes have no height: with heights, every feature between west and east and south and north counts.
  const [first = 0, second = 0, third = 0, fourth = 0] = isFlat
    ? numbers
    : numbers.toSpliced(5, 1).toSpliced(2, 1);
  const isSwapped = crs.axisOrder === 'crs' && crs.crs.swapsAxes;
  const bbox = isSwapped
    ? { minX: second, minY: first, maxX: fourth, maxY: third }
    : { minX: first, minY: second, maxX: third, maxY: fourth };
  // Only a world that wraps has boxes across its edge.
  if (bbox.minY > bbox.maxY || (bbox.minX > bbox.maxX && crs.crs.turn === 0))
    throw badValue('bbox', BBOX_FORM);
  return { bbox, crs };
}

function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return USUAL_LIMIT;
  // A larger limit is not an error: pages have at most the maximum.
  if (/^[1-9]\d*$/u.test(text)) return Math.min(Number(text), MAX_LIMIT);
  throw badValue('limit', 'must be a whole number from 1');
}

/** The cursor of the page after a feature. */
export function cursorAfter(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function readCursor(text: string | undefined): string | null {
  if (text === undefined) return null;
  const key = Buffer.from(text, 'base64url').toString();
  if (cursorAfter(key) === text) return key;
  throw badValue('cursor', 'must be that of a link to the next page');
}

/** A time of RFC 3339, section 5.6, or a date alone. */
const INSTANT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/iu;

/** Features have no time, so that every valid one selects all of them. */
function checkDatetime(text: string | undefined): void {
  if (text === undefined) return;
  const ends = text.split('/');
  const isOpen = (end: string | undefined): boolean => end === '' || end === '..';
  const isInstant = (end: string | undefined): boolean =>
    INSTANT.test(end ?? '') && !Number.isNaN(timeOf(end));
  const [begin, end] = ends;
  const isValid =
    ends.length === 1
      ? isInstant(begin)
      : ends.length === 2 && ends.every((one) => isOpen(one) || isInstant(one)) && !ends.every(isOpen);
  if (isValid && !(timeOf(begin) > timeOf(end))) return;
  throw badValue(
    'datetime',
    'must be a time such as 2026-01-31T12:00:00Z, or an interval such as 2026-01-31T12:00:00Z/.. with its begin before its end',
  );
}

/** NaN for an open end of an interval. JavaScript has no leap seconds. */
function timeOf(instant: string | undefined): number {
  return Date.parse((instant ?? '').toUpperCase().replace(/:60/u, ':59'));
}
