import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Prints how a script is used and ends the process, if `--help` or `-h` is among its arguments. The text is the comment
 * at the beginning of the script.
 *
 * @param {string} url of the script: its `import.meta.url`
 */
export function answerHelp(url) {
  if (!process.argv.some((arg) => arg === '--help' || arg === '-h')) return;
  const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n');
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  console.log(comment.map((line) => line.slice(3)).join('\n'));
  process.exit(0);
}
