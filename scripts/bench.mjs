// npm run bench [-- flags]: installs and compiles what is missing, then measures. `--help` explains everything.
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
await import('../bench/dist/main.js');
