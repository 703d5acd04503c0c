// node scripts/write-figures.mjs: writes the figures of bench/figures.jsonl into the documents that show them. Needs the
// compiled bench.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { figurePages } from './lib/figure-pages.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [page, text] of Object.entries(figurePages())) writeFileSync(join(ROOT, page), text);
