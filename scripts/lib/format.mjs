import { execFileSync } from 'node:child_process';
import { localTool, ROOT } from './workspace.mjs';

/**
 * Formats generated text as `npm run format` would.
 *
 * @param {string} file path in the repository; its ending selects the language
 * @param {string} text
 * @returns {string}
 */
export function formatted(file, text) {
  return execFileSync(localTool('biome'), ['format', `--stdin-file-path=${file}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}
