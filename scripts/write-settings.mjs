// node scripts/write-settings.mjs: writes the gateway's table of settings into docs/settings.md, from the compiled gateway.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configReference } from '../services/gateway/dist/config/reference.js';

const PAGE = fileURLToPath(new URL('../docs/settings.md', import.meta.url));
const START = '<!-- config:start -->';
const END = '<!-- config:end -->';

const text = readFileSync(PAGE, 'utf8');
const start = text.indexOf(START);
const end = text.indexOf(END);
if (start === -1 || end < start)
  throw new Error(`docs/settings.md needs the markers ${START} and ${END}, in this order`);
writeFileSync(PAGE, `${text.slice(0, start + START.length)}\n${configReference()}\n${text.slice(end)}`);
