// node scripts/write-metrics.mjs: writes the gateway's table of metrics into docs/metrics.md, from the compiled gateway.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metricReference } from '../services/gateway/dist/observability/metric-reference.js';

const PAGE = fileURLToPath(new URL('../docs/metrics.md', import.meta.url));
const START = '<!-- metrics:start -->';
const END = '<!-- metrics:end -->';

const text = readFileSync(PAGE, 'utf8');
const start = text.indexOf(START);
const end = text.indexOf(END);
if (start === -1 || end < start)
  throw new Error(`docs/metrics.md needs the markers ${START} and ${END}, in this order`);
writeFileSync(PAGE, `${text.slice(0, start + START.length)}\n\n${metricReference()}\n\n${text.slice(end)}`);
