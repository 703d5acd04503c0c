import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../workspace.mjs';

/** Folders of which every file is one part of a whole; a new file belongs to it automatically. */
const FOLDERS = [
  'packages/protocol/src/commands',
  'packages/protocol/src/conformance/cases',
  'services/gateway/src/commands/builtin',
];

/** Files that are about the folder, not part of it. */
const OTHERS = ['all.ts', 'index.ts'];

/**
 * The files that export everything in such a folder, by their path in the repository.
 *
 * @returns {Record<string, string>}
 */
export function indexFiles() {
  return Object.fromEntries(
    FOLDERS.map((folder) => {
      const lines = readdirSync(join(ROOT, folder))
        .filter((file) => file.endsWith('.ts') && !OTHERS.includes(file))
        .sort()
        .map((file) => `export * from './${file.replace(/\.ts$/u, '.js')}';\n`);
      return [
        `${folder}/all.ts`,
        `// Written by npm run generate: one line for each file of this folder.\n${lines.join('')}`,
      ];
    }),
  );
}
