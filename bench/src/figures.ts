import { writeFileSync } from 'node:fs';
import { medians, type Row, readRows } from './results.js';
import { scalingParts } from './scaling.js';
import { SCENARIOS } from './scenarios/index.js';
import { markdown } from './table.js';

/**
 * Saves results as those that the documents show.
 *
 * @throws Error that names the scenario if a figure of the documents is missing
 */
export function keepFigures(file: string, rows: readonly Row[]): void {
  const kept = medians(rows);
  documentParts(kept);
  writeFileSync(file, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** Reads the file of {@link keepFigures}, as parts of documents. */
export function readFigures(file: string): ReturnType<typeof documentParts> {
  return documentParts(readRows([file]));
}

/** The parts of documents that show figures: Markdown by the name of its markers, by document. */
export function documentParts(
  rows: readonly Row[],
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    'docs/performance.md': { bench: markdown(rows, SCENARIOS) },
    'docs/scaling.md': scalingParts(rows),
  };
}
