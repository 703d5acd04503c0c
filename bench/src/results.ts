import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './scenarios/scenario.js';
import type { SizeName } from './sizes.js';

/** Circumstances of a run: the same for all its rows. */
export interface Setup {
  /** When it began, ISO 8601, UTC. */
  began: string;
  size: SizeName;
  /** Measured seconds of each step. */
  seconds: number;
  /** Processor, number of cores, system and Node. */
  machine: string;
  /** Which process ran on which core. */
  cores: string;
}

/** One line of a results file. */
export interface Row extends Outcome {
  setup: Setup;
  scenario: string;
  subject: string;
  /** Counts from 1. */
  repeat: number;
}

/** The rows of one run: a new file of JSON lines. */
export class ResultFile {
  readonly path: string;

  constructor(folder: string, began: string) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${began.replaceAll(':', '-')}.jsonl`);
  }

  add(row: Row): void {
    appendFileSync(this.path, `${JSON.stringify(row)}\n`);
  }
}

/**
 * Reads results.
 *
 * @throws Error with the name of an unreadable file
 */
export function readRows(files: readonly string[]): Row[] {
  return files.flatMap((file) => {
    try {
      return readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Row);
    } catch (error) {
      throw new Error(`${file} holds no results: ${String(error)}`);
    }
  });
}

/** The file of the latest run; null if there is none. */
export function latestFile(folder: string): string | null {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  } catch {
    return null;
  }
  const last = names.sort().at(-1);
  return last === undefined ? null : join(folder, last);
}

/**
 * One row for each scenario, subject and case: the median of each value over the repeats of the latest run that has
 * it, and all problems.
 */
export function medians(rows: readonly Row[]): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.scenario, row.subject, row.case]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const began = group
      .map(({ setup }) => setup.began)
      .sort()
      .at(-1);
    return medianRow(group.filter(({ setup }) => setup.began === began));
  });
}

function medianRow(repeats: readonly Row[]): Row {
  const [first] = repeats;
  if (first === undefined) throw new RangeError('no rows');
  const values = Object.keys(first.values).map((key) => [
    key,
    medianOf(repeats.map((row) => row.values[key] ?? null)),
  ]);
  return {
    ...first,
    values: Object.fromEntries(values),
    problems: [...new Set(repeats.flatMap(({ problems }) => problems))],
    others: repeats.some(({ others }) => others === null)
      ? null
      : Math.max(...repeats.map(({ others }) => others ?? 0)),
  };
}

/** The middle one, or the lower of the middle two; for words, the most frequent one. */
function medianOf(values: readonly (number | string | null)[]): number | string | null {
  const numbers = values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  if (numbers.length > 0) return numbers[Math.floor((numbers.length - 1) / 2)] ?? null;
  const words = values.filter((value) => typeof value === 'string');
  const count = (word: string): number => words.filter((other) => other === word).length;
  return words.sort((a, b) => count(b) - count(a))[0] ?? null;
}
