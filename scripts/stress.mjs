// npm run fuzz, npm run soak [-- flags]: installs and compiles what is missing, then runs. `--help` explains everything.
import './lib/require-node.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { setUpOrExit } from './lib/set-up.mjs';

endWithNpm();
await setUpOrExit();
await import('../stress/dist/cli.js');
