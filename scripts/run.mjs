// node scripts/run.mjs <module> [argument ...]: installs, compiles and builds what is missing, then runs the compiled
// module in this process.
import './lib/require-node.mjs';
import { pathToFileURL } from 'node:url';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { setUp } from './lib/workspace.mjs';

endWithNpm();
await setUp();
process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1] ?? '').href);
