import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configReference } from '../../services/gateway/dist/config/reference.js';
import { formatted } from './format.mjs';
import { ROOT } from './workspace.mjs';

/** The page that holds the gateway's table of settings. */
export const SETTINGS_PAGE = 'docs/settings.md';

const START = '<!-- config:start -->';
const END = '<!-- config:end -->';

/**
 * The page with the table of the compiled gateway.
 *
 * @returns {string}
 * @throws {Error} if the page has no markers
 */
export function settingsPage() {
  const text = readFileSync(join(ROOT, SETTINGS_PAGE), 'utf8');
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start === -1 || end < start)
    throw new Error(`${SETTINGS_PAGE} needs the markers ${START} and ${END}, in this order`);
  const page = `${text.slice(0, start + START.length)}\n\n${configReference()}\n\n${text.slice(end)}`;
  return formatted(SETTINGS_PAGE, page);
}
