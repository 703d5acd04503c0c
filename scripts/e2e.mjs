// Sets up what is missing, then runs the whole stack in Docker and breaks it.
//
// Usage: npm run e2e [-- --only PATTERN | -- --write-docs]
//
//   --only PATTERN  only the parts whose titles match
//   --write-docs    writes the results into docs/operations.md
import { parseArgs } from 'node:util';
import './lib/require-node.mjs';
import { runEndToEnd } from './lib/end-to-end.mjs';
import { answerHelp } from './lib/help.mjs';
import { conclude } from './lib/tally.mjs';
import { setUp } from './lib/workspace.mjs';

answerHelp(import.meta.url);
const { values } = parseArgs({
  options: { 'write-docs': { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const { 'write-docs': writeDocs, only } = values;
if (writeDocs && only !== '') throw new Error('--write-docs needs the whole run: omit --only');
await setUp();
process.exit(conclude([await runEndToEnd({ writeDocs, only, engineRequired: true })]));
