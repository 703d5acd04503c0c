import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { FORMATTER } from './paths.js';

const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/**
 * Puts text between the two markers of a document, in place of what was there.
 *
 * @throws Error where the document has no markers
 */
export function replaceBetweenMarkers(document: string, text: string): string {
  const start = document.indexOf(START);
  const end = document.indexOf(END);
  if (start === -1 || end < start) throw new Error(`it needs the lines ${START} and ${END}, in this order`);
  return `${document.slice(0, start + START.length)}\n\n${text}\n\n${document.slice(end)}`;
}

/**
 * Rewrites the document and formats it.
 *
 * @throws Error that names the file, if it has no markers
 */
export function rewriteDocument(file: string, text: string): void {
  try {
    writeFileSync(file, replaceBetweenMarkers(readFileSync(file, 'utf8'), text));
    execFileSync(FORMATTER, ['format', '--write', file], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${file} cannot be rewritten: ${error instanceof Error ? error.message : String(error)}`);
  }
}
