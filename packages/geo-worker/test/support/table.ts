import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { SupportedEntry, TableEntry } from '../../src/crs-table.js';

/** The text of a packed file, relative to the package. */
export function unpacked(name: string): string {
  return brotliDecompressSync(readFileSync(new URL(`../../${name}`, import.meta.url))).toString();
}

/** Every entry of the table of CRSs. */
export const table: readonly (readonly [code: string, entry: TableEntry])[] = unpacked('data/crs-table.br')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const [code = '', entry = ''] = line.split('\t');
    return [code, JSON.parse(entry)] as const;
  });

/** The entries that proj4js can compute. */
export const supported: readonly (readonly [code: string, entry: SupportedEntry])[] = table.flatMap(
  ([code, entry]) => (entry.s === 'X' ? [] : [[code, entry] as const]),
);

/** The number after a word of a proj4 string, such as `lat_0`. */
export function parameter({ p }: SupportedEntry, name: string): number | null {
  const found = new RegExp(`\\+${name}=(\\S+)`).exec(p)?.[1];
  return found === undefined ? null : Number(found);
}

/** The method of a CRS by its name in PROJ; the one of Guam is a variant there. */
export function methodOf({ p }: SupportedEntry): string {
  return p.includes('+guam') ? 'guam' : (/^\+proj=(\w+)/.exec(p)?.[1] ?? '');
}
