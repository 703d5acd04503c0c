import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { formatted } from '../format.mjs';
import { ROOT } from '../workspace.mjs';
import { asyncapi } from './asyncapi.mjs';
import { referencePage } from './page.mjs';

/**
 * The generated files, by their path in the repository. Needs the compiled packages/protocol.
 *
 * @returns {Record<string, string>}
 */
export function referenceFiles() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/protocol/package.json'), 'utf8'));
  const document = asyncapi(readFileSync(join(ROOT, 'PROTOCOL.md'), 'utf8'), version);
  return {
    'docs/asyncapi.yaml': `# Written by node scripts/write-reference.mjs; change PROTOCOL.md and packages/protocol instead.\n${stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })}`,
    'docs/reference.md': formatted('docs/reference.md', referencePage(document)),
  };
}
