import { readFileSync, writeFileSync } from 'node:fs';
import type { Measurement } from './measure.js';

const START = '<!-- e2e:start -->';
const END = '<!-- e2e:end -->';

const HEAD = [
  '| what happens | clients affected | longest time without data | messages missed, at most | commands unanswered | new sessions failed | slowest new session | what the operator sees |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The measurements as a Markdown table. */
export function table(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ title, operatorSees, report, probes }) => [
    title,
    `${report.affected} of ${report.clients}, ${report.losses} reconnected`,
    `${report.secondsWithoutData.toFixed(1)} s`,
    `${report.missed} of ${report.published}`,
    `${report.unanswered} of ${report.commands}`,
    `${probes.failed} of ${probes.made}`,
    `${probes.slowest.toFixed(1)} s`,
    operatorSees,
  ]);
  return [...HEAD, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

/**
 * Writes a table between the markers of a document.
 *
 * @throws Error if the markers are missing
 */
export function writeInto(file: string, text: string): void {
  const document = readFileSync(file, 'utf8');
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start < 0 || end < start) throw new Error(`${file} has no lines ${START} and ${END}`);
  writeFileSync(file, `${document.slice(0, start + START.length)}\n\n${text}\n\n${document.slice(end)}`);
}
