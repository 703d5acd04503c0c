// npm run e2e [-- --write-docs]: sets up what is missing, then runs the whole stack in Docker and breaks it.
import '../scripts/lib/require-node.mjs';
import { compile, ensureInstalled } from '../scripts/lib/workspace.mjs';

await ensureInstalled();
await compile();
const { main } = await import('./dist/main.js');
process.exit((await main(process.argv.slice(2))) ? 0 : 1);
