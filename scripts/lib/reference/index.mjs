import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatted } from '../format.mjs';
import { ROOT } from '../workspace.mjs';
import { asyncapi } from './asyncapi.mjs';
import { referencePage } from './page.mjs';
import { withTables } from './tables.mjs';

/**
 * The generated files, by their path in the repository. Needs the compiled packages/protocol.
 *
 * @returns {Record<string, string>}
 */
export function referenceFiles() {
  const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
  const { version } = JSON.parse(read('packages/protocol/package.json'));
  const yaml = stringify(asyncapi(version), { lineWidth: 0, aliasDuplicateObjects: false });
  return {
    'PROTOCOL.md': formatted('PROTOCOL.md', withTables(read('PROTOCOL.md'))),
    'docs/asyncapi.yaml': `# Written by npm run generate; change packages/protocol instead.\n${yaml}`,
    'docs/reference.md': formatted('docs/reference.md', referencePage()),
  };
}
