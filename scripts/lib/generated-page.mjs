import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatted } from './format.mjs';
import { ROOT } from './workspace.mjs';

/**
 * A page with generated text between its two markers, formatted.
 *
 * @param {string} page path in the repository
 * @param {string} marker `config` for `<!-- config:start -->` and `<!-- config:end -->`
 * @param {string} generated
 * @returns {string}
 * @throws {Error} if the page has no markers
 */
export function generatedPage(page, marker, generated) {
  const START = `<!-- ${marker}:start -->`;
  const END = `<!-- ${marker}:end -->`;
  const text = readFileSync(join(ROOT, page), 'utf8');
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start === -1 || end < start)
    throw new Error(`${page} needs the markers ${START} and ${END}, in this order`);
  return formatted(page, `${text.slice(0, start + START.length)}\n\n${generated}\n\n${text.slice(end)}`);
}
