// npm start: installs and compiles what is missing, then runs the demo in this same process.
import './lib/require-node.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { setUpOrExit } from './lib/set-up.mjs';

endWithNpm();
await setUpOrExit();
await import('../services/demo/dist/main.js');
