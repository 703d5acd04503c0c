// node scripts/write-reference.mjs: writes docs/asyncapi.yaml and docs/reference.md, from PROTOCOL.md and the compiled
// packages/protocol.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFiles } from './lib/reference/index.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [file, text] of Object.entries(referenceFiles())) writeFileSync(join(ROOT, file), text);
