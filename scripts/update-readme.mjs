// node scripts/update-readme.mjs: writes the gateway's table of settings into README.md, from the compiled gateway.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configReference } from '../services/gateway/dist/config.js';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const START = '<!-- config:start -->';
const END = '<!-- config:end -->';

const text = readFileSync(README, 'utf8');
const start = text.indexOf(START);
const end = text.indexOf(END);
if (start === -1 || end < start)
  throw new Error(`README.md needs the markers ${START} and ${END}, in this order`);
writeFileSync(README, `${text.slice(0, start + START.length)}\n${configReference()}\n${text.slice(end)}`);
