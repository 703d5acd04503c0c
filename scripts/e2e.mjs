// npm run e2e [-- --write-docs]: sets up what is missing, then runs the whole stack in Docker and breaks it.
import './lib/require-node.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { conclude } from './lib/tally.mjs';
import { setUp } from './lib/workspace.mjs';

await setUp();
const writeDocs = process.argv.includes('--write-docs');
process.exit(conclude([await runEndToEnd({ writeDocs, engineRequired: true })]));
