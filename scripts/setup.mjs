// Installs, compiles and builds what is missing, and nothing else.
//
// Usage: npm run setup
import './lib/require-node.mjs';
import { answerHelp } from './lib/help.mjs';
import { setUp } from './lib/workspace.mjs';

answerHelp(import.meta.url);
await setUp();
