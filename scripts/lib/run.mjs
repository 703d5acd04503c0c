import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program at the repository's root, with our output. A signal that stops us also stops the program and all
 * processes that it has started: it gets its own process group.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env] added to ours
 * @returns {Promise<number>} its exit code; 1 if a signal ended it
 * @throws {Error} if there is no such program
 */
export async function run(program, args, env = {}) {
  const colours = process.stdout.isTTY ? {} : { FORCE_COLOR: undefined, NO_COLOR: '1' };
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...colours, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
    process.exit(1);
  };
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  try {
    const [code] = await once(child, 'close');
    return code ?? 1;
  } finally {
    for (const signal of STOP_SIGNALS) process.off(signal, stop);
  }
}

/**
 * Prints a title, then runs the program.
 *
 * @param {string} title such as `Compiling`
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @throws {Error} if it fails
 */
export async function step(title, program, args, env) {
  console.log(`▸ ${title}`);
  const code = await run(program, args, env);
  if (code !== 0) throw new Error(`${title} failed: ${program} ${args.join(' ')} ended with code ${code}`);
}
