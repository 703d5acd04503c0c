// node scripts/write-indexes.mjs: writes the files that export the commands and their cases. Run it before compiling.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { indexFiles } from './lib/reference/indexes.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [file, text] of Object.entries(indexFiles())) writeFileSync(join(ROOT, file), text);
