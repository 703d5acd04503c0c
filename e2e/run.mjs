// npm run e2e [-- --write-docs]: sets up what is missing, then runs the whole stack in Docker and breaks it.
import '../scripts/lib/require-node.mjs';
import { runEndToEnd } from '../scripts/lib/end-to-end.mjs';
import { conclude } from '../scripts/lib/tally.mjs';
import { compile, ensureInstalled } from '../scripts/lib/workspace.mjs';

await ensureInstalled();
await compile();
const writeDocs = process.argv.includes('--write-docs');
process.exit(conclude(await runEndToEnd({ writeDocs, engineRequired: true })));
