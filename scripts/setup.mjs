// npm run setup: installs, compiles and builds what is missing, and nothing else.
import './lib/require-node.mjs';
import { setUp } from './lib/workspace.mjs';

await setUp();
