// npm run setup: installs and compiles what is missing, and nothing else.
import './lib/require-node.mjs';
import { setUpOrExit } from './lib/set-up.mjs';

await setUpOrExit();
