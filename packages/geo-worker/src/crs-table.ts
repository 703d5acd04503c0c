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
  readonly v?: number;
}

/** An entry of a CRS that exists, but which proj4js cannot compute; `why` says what is missing. */
export interface RefusedEntry {
  readonly n: string;
  readonly s: 'X';
  readonly why: string;
}

export type TableEntry = SupportedEntry | RefusedEntry;

const TABLE = new URL('../data/crs-table.br', import.meta.url);
const LINE_FEED = 10;
const TAB = 9;

/** The unpacked text, with where each line starts: an entry is parsed when somebody asks for it. */
class CrsTable {
  readonly #text: Buffer;
  readonly #starts = new Map<number, number>();

  constructor(text: Buffer) {
    this.#text = text;
    for (let start = 0; start < text.length; ) {
      const tab = text.indexOf(TAB, start);
      this.#starts.set(Number(text.toString('latin1', start, tab)), tab + 1);
      start = text.indexOf(LINE_FEED, tab) + 1;
    }
  }

  find(code: number): TableEntry | null {
    const start = this.#starts.get(code);
    if (start === undefined) return null;
    return JSON.parse(this.#text.toString('utf8', start, this.#text.indexOf(LINE_FEED, start)));
  }
}

let loading: Promise<CrsTable> | null = null;

async function load(): Promise<CrsTable> {
  return new CrsTable(await promisify(brotliDecompress)(await readFile(TABLE)));
}

/**
 * The entry of an EPSG code, or null where there is none. The first call unpacks the table off the main thread
 * and keeps its text (1.5 MB). Rejects when the package's data file cannot be read; the next call tries again.
 */
export async function findEntry(code: number): Promise<TableEntry | null> {
  loading ??= load().catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return (await loading).find(code);
}
