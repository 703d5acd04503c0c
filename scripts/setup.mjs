// npm run setup: installs and compiles what is missing, and nothing else.
import './lib/require-node.mjs';
import { compile, ensureInstalled } from './lib/workspace.mjs';

try {
  await ensureInstalled();
  await compile();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
