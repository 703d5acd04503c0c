// Repeats the test files of npm test, or those whose path contains one of the words, beside processes that keep the machine
// busy, and names the tests that do not pass every time.
//
// Usage: npm run test:stress [-- word ... --runs N --busy N]
//
//   --runs N  how many times [10]
//   --busy N  busy processes [4]
import './lib/require-node.mjs';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { answerHelp } from './lib/help.mjs';
import { QUICK_LANES, runSuites } from './lib/suites.mjs';
import { ROOT, setUp } from './lib/workspace.mjs';

answerHelp(import.meta.url);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '10' }, busy: { type: 'string', default: '4' } },
});
const runs = wholeNumber('--runs', values.runs, 1);
const busy = wholeNumber('--busy', values.busy, 0);

/**
 * @param {string} option
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(option, text, least) {
  const number = Number(text);
  if (text !== '' && Number.isInteger(number) && number >= least) return number;
  throw new Error(`${option} is "${text}"; it must be a whole number of at least ${least}`);
}

/** Keeps a core busy until our pipe to it closes, whichever way we end. */
const BUSY_PROGRAM = `
  process.stdin.on('close', () => process.exit()).resume();
  (function work() { for (let i = 0; i < 1e7; i += 1); setImmediate(work); })();`;

endWithNpm();
await setUp();
const burners = Array.from({ length: busy }, () =>
  spawn(process.execPath, ['--eval', BUSY_PROGRAM], { stdio: ['pipe', 'ignore', 'ignore'] }),
);

/** @type {Map<string, number>} how often each failure occurred */
const failures = new Map();
let failedRuns = 0;
const args = positionals.length > 0 ? positionals : QUICK_LANES;
const patience = String(Math.max(1, (busy + 2) / availableParallelism()));
for (let run = 1; run <= runs; run += 1) {
  console.log(`\n▸ Run ${run} of ${runs}, beside ${busy} busy processes`);
  const { failed, notes } = await runSuites(args, { TEST_PATIENCE: process.env.TEST_PATIENCE ?? patience });
  if (failed > 0) failedRuns += 1;
  for (const note of notes) failures.set(note, (failures.get(note) ?? 0) + 1);
}
for (const burner of burners) burner.kill();

console.log(`\n${runs - failedRuns} of ${runs} runs passed.`);
for (const [note, count] of [...failures].sort(([, a], [, b]) => b - a)) {
  console.log(`${count} of ${runs}  ${note.replace(ROOT, '')}`);
}
process.exit(failedRuns === 0 ? 0 : 1);
