import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readFigures } from '../../bench/dist/figures.js';
import { FIGURES } from '../../bench/dist/paths.js';
import { optionTypes } from '../../services/gateway/dist/config/option-types.js';
import { configReference } from '../../services/gateway/dist/index.js';
import { metricReference } from '../../services/gateway/dist/observability/metric-reference.js';
import { withBlocks } from './blocks.mjs';
import { chartFiles } from './chart.mjs';
import { formatted } from './format.mjs';
import { asyncapi } from './reference/asyncapi.mjs';
import { referencePage } from './reference/page.mjs';
import { PROTOCOL_BLOCKS, withCommandSections } from './reference/tables.mjs';
import { ROOT } from './workspace.mjs';

const PROTOCOL = 'PROTOCOL.md';

/** The generated blocks of each page, by their kind. */
const PAGES = {
  [PROTOCOL]: PROTOCOL_BLOCKS,
  'docs/settings.md': { config: configReference },
  'docs/metrics.md': { metrics: metricReference },
  ...figureBlocks(),
};

function figureBlocks() {
  return Object.fromEntries(
    Object.entries(readFigures(FIGURES)).map(([page, parts]) => [
      page,
      Object.fromEntries(Object.entries(parts).map(([kind, text]) => [kind, () => text])),
    ]),
  );
}

/**
 * Everything that is written from the compiled workspace, by its path in the repository.
 *
 * @returns {Record<string, string>}
 */
export function generatedFiles() {
  const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
  const written = (/** @type {string} */ page) =>
    page === PROTOCOL ? withCommandSections(read(page)) : read(page);
  const { version } = JSON.parse(read('packages/protocol/package.json'));
  const yaml = stringify(asyncapi(version), { lineWidth: 0, aliasDuplicateObjects: false });
  /** @type {Record<string, string>} */
  const pages = { 'docs/reference.md': formatted('docs/reference.md', referencePage()) };
  for (const [page, blocks] of Object.entries(PAGES))
    pages[page] = formatted(page, withBlocks(written(page), blocks));
  return {
    ...pages,
    ...chartFiles(),
    'docs/asyncapi.yaml': `# Written by npm run generate; change packages/protocol instead.\n${yaml}`,
    'services/gateway/src/config/options.ts': optionTypes(),
  };
}
