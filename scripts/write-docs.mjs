// node scripts/write-docs.mjs: writes docs/asyncapi.yaml and docs/reference.md from PROTOCOL.md and packages/protocol, and
// docs/settings.md from the gateway's config.ts. The workspace must be compiled.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedDocs } from './lib/generated-docs/index.mjs';
import { ROOT } from './lib/workspace.mjs';

for (const [file, text] of Object.entries(generatedDocs())) writeFileSync(join(ROOT, file), text);
