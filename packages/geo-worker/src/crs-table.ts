import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

/** West, south, east, north in degrees; west > east crosses the antimeridian. */
export type Area = readonly [west: number, south: number, east: number, north: number];

/** towgs84 (null: no datum shift), accuracy in metres (-1: unknown), where it holds (null: everywhere). */
export type TableOperation = readonly [towgs84: string | null, accuracy: number, area: Area | null];

/** The two output axes in order: e east, n north, w = -east, s = -north. */
export type Axes = 'en' | 'ne' | 'ws' | 'sw';

/** An entry that proj4js can compute. What its members mean: data/README.md. */
export interface SupportedEntry {
  readonly n: string;
  readonly d?: 1;
  readonly p: string;
  readonly t?: string;
  readonly ops?: readonly TableOperation[];
  readonly xy: Axes;
  readonly st: Axes;
  readonly u?: number;
  readonly a: Area;
  readonly s: 'A' | 'B' | 'C' | 'V';
  readonly e: number;
  readonly acc?: number;
}

/** An entry of a CRS that exists but that proj4js cannot compute; `why` says what is missing. */
export interface RefusedEntry {
  readonly n: string;
  readonly s: 'X';
  readonly why: string;
}

export type TableEntry = SupportedEntry | RefusedEntry;

const TABLE = new URL('../data/crs-table.br', import.meta.url);
const LINE_FEED = 10;
const TAB = 9;

/** The line of a code in the unpacked text, or null: the lines are in ascending order of their codes. */
function findLine(text: Buffer, code: number): string | null {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const start = middle === 0 ? 0 : text.lastIndexOf(LINE_FEED, middle - 1) + 1;
    const tab = text.indexOf(TAB, start);
    const end = text.indexOf(LINE_FEED, tab);
    const found = Number(text.toString('latin1', start, tab));
    if (found === code) return text.toString('utf8', tab + 1, end);
    if (found < code) low = end + 1;
    else high = start;
  }
  return null;
}

let loading: Promise<Buffer> | null = null;

async function load(): Promise<Buffer> {
  return promisify(brotliDecompress)(await readFile(TABLE));
}

/**
 * The entry of an EPSG code, or null if there is none. The first call unpacks the table off the main thread
 * and keeps its text (1.5 MB). Rejects if the package's data file cannot be read; the next call tries again.
 */
export async function findEntry(code: number): Promise<TableEntry | null> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  const line = findLine(await loading, code);
  return line === null ? null : JSON.parse(line);
}
