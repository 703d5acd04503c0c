import type { Result } from './run.js';

/** How much longer messages and answers may take for the innocent client, in milliseconds. */
const MAX_EXTRA_MS = 50;

const FAULTS_SHOWN = 5;

const COLUMNS = [
  ['attack', 28],
  ['messages, p99', 18],
  ['answers, p99', 18],
  ['memory', 12],
  ['open', 6],
] as const;

/** What was too slow; empty if nothing was. For a quiet machine only. */
export function delays({ innocent, control }: Result): string[] {
  const late = (what: string, mine: readonly number[], theirs: readonly number[]): string[] => {
    const extra = p99(mine) - p99(theirs);
    return extra <= MAX_EXTRA_MS ? [] : [`${what} took ${Math.round(extra)} ms more`];
  };
  return [
    ...late('messages', innocent.delays, control.delays),
    ...late('answers', innocent.answers, control.answers),
  ];
}

export function heading(): string {
  const about =
    'p99 of the innocent client in ms (and of one whose gateway is not attacked); growth of resident memory; ' +
    'descriptors still open after 5 s';
  return `${about}\n\n${COLUMNS.map(([title, width]) => title.padEnd(width)).join('')}verdict`;
}

export function line(result: Result): string {
  const { name, innocent, control, growth, descriptorsLeft } = result;
  const cells = [
    name,
    `${milliseconds(innocent.delays)} (${milliseconds(control.delays)})`,
    `${milliseconds(innocent.answers)} (${milliseconds(control.answers)})`,
    `${Math.round(growth / 2 ** 20)} MiB`,
    String(descriptorsLeft),
  ];
  const faults = [...result.problems, ...delays(result)];
  const more = faults.length > FAULTS_SHOWN ? `; ${faults.length - FAULTS_SHOWN} more` : '';
  const verdict = faults.length === 0 ? 'ok' : `FAILED: ${faults.slice(0, FAULTS_SHOWN).join('; ')}${more}`;
  return `${cells.map((cell, i) => cell.padEnd((COLUMNS[i]?.[1] ?? 0) - 1)).join(' ')} ${verdict}`;
}

/** The last line. */
export function verdict(results: readonly Result[]): string {
  const failed = results.filter((result) => result.problems.length + delays(result).length > 0);
  if (failed.length === 0) return `All ${results.length} attacks were survived.`;
  return `${failed.length} of ${results.length} attacks were not survived: ${failed.map(({ name }) => name).join(', ')}`;
}

function milliseconds(values: readonly number[]): string {
  return values.length === 0 ? '-' : p99(values).toFixed(0);
}

/** 0 without values: what is missing is reported as such. */
function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}
