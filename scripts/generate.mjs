// npm run generate: writes the files and tables that follow from code. Needs the compiled workspace.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './lib/generated.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(join(ROOT, file), text);
