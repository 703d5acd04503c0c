import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodeBlock, codeBlocks } from '@viaduct/testkit/markdown';
import { ROOT } from '../../lib/workspace.mjs';

/** The languages of the blocks of code in documents whose blocks documents.long.test.ts runs, one by one. */
export const RUN_BLOCKS = {
  'README.md': ['sh', 'sh', 'sh', 'js', 'ts', 'sh', 'sh'],
  'docs/getting-started.md': ['sh', 'sh', 'sh', 'sh', 'sh', 'text', 'sh', 'sh', 'sh', 'sh', 'sh', 'text'],
  'docs/security.md': ['sh', 'js', 'sh', 'sh', 'json', 'json', 'nginx', ''],
  'docs/extending.md': ['sh', 'js', 'text', 'js', 'js', 'js'],
} as const satisfies Record<string, readonly string[]>;

export type RunDocument = keyof typeof RUN_BLOCKS;

/** The blocks of code of a document. */
export function blocksOf(document: RunDocument): CodeBlock[] {
  return codeBlocks(readFileSync(join(ROOT, document), 'utf8'));
}
