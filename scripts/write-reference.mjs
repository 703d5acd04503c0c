// node scripts/write-reference.mjs: writes docs/asyncapi.yaml, docs/reference.md and the tables of PROTOCOL.md from the
// compiled packages/protocol.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFiles } from './lib/reference/index.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [file, text] of Object.entries(referenceFiles())) writeFileSync(join(ROOT, file), text);
