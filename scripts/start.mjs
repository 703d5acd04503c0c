// npm start: installs and compiles what is missing, then runs the demo in this same process.
import './lib/require-node.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { compile, ensureInstalled } from './lib/workspace.mjs';

endWithNpm();
try {
  await ensureInstalled();
  await compile();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
await import('../services/demo/dist/main.js');
