import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { configReference } from '../../../services/gateway/dist/config.js';
import { ROOT } from '../workspace.mjs';
import { asyncapi } from './asyncapi.mjs';
import { referencePage } from './page.mjs';

/**
 * Documents that are made from the code, by their path in the repository. Needs the compiled workspace.
 *
 * @returns {Record<string, string>}
 */
export function generatedDocs() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/protocol/package.json'), 'utf8'));
  const document = asyncapi(readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8'), version);
  const yaml = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  return {
    'docs/asyncapi.yaml': `# ${origin('PROTOCOL.md and packages/protocol')}\n${yaml}`,
    'docs/reference.md': `<!-- ${origin('PROTOCOL.md and packages/protocol')} -->\n${referencePage(document)}`,
    'docs/settings.md': `<!-- ${origin('services/gateway/src/config.ts')} -->\n${settingsPage()}`,
  };
}

/** @param {string} sources */
function origin(sources) {
  return `Written by node scripts/write-docs.mjs; change ${sources} instead.`;
}

function settingsPage() {
  return `# Settings

A gateway is told everything by environment variables. An empty one counts as not set. A value that cannot be used stops
the start, with the variable's name and what would be right; \`viaduct check\` says the same without starting, and
\`viaduct --help\` prints this table.

${configReference()}
`;
}
