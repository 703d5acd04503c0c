// npm run bench [-- flags]: installs and compiles what is missing, then measures. `--help` explains everything. With
// `--doc`, it writes the results into the documents.
import './lib/require-node.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { setUpOrExit } from './lib/set-up.mjs';

endWithNpm();
await setUpOrExit();
await import('../bench/dist/main.js');
if (process.argv.includes('--doc') && !process.exitCode) await import('./write-figures.mjs');
