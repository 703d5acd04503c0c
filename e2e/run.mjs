// npm run e2e [-- --write-docs]: sets up what is missing, then runs the whole stack in Docker and breaks it.
import '../scripts/lib/require-node.mjs';
import { ensureChromium } from '../scripts/lib/test-needs.mjs';
import { compile, ensureInstalled } from '../scripts/lib/workspace.mjs';

await ensureInstalled();
await compile();
// Without a browser the run leaves out what needs one, and says so.
const chromiumPath = await ensureChromium().catch((error) => {
  console.log(error.message);
  return null;
});
const { main } = await import('./dist/main.js');
process.exit((await main({ writeDocs: process.argv.includes('--write-docs'), chromiumPath })) ? 0 : 1);
