import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @type {NodeJS.Signals[]} */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Thrown where a tool could not be started or ended with another code than 0. Its message is meant for people. */
export class ToolError extends Error {
  /**
   * @param {string} command the command line as a person would type it
   * @param {number | null} code the exit code; null where it could not be started
   * @param {string} output what the tool had printed
   */
  constructor(command, code, output) {
    const said = output.trim() === '' ? '(it printed nothing)' : output.trim();
    super(`${command} ${code === null ? 'could not be started' : `ended with code ${code}`}:\n\n${said}\n`);
    this.name = 'ToolError';
    this.code = code;
    this.output = output;
  }
}

/**
 * Environment for tools: no colours where nobody would see them.
 *
 * @returns {NodeJS.ProcessEnv}
 */
function toolEnvironment() {
  if (process.stdout.isTTY) return process.env;
  const { FORCE_COLOR: _dropped, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

/**
 * Runs a tool to its end. It gets a process group of its own, so that a signal to us ends it with all that it has
 * started, however deep.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, show?: boolean, env?: NodeJS.ProcessEnv }} options `show` passes the output on as it comes;
 *   otherwise it is kept for the error
 * @returns {Promise<{ code: number, output: string }>} the output is empty with `show`
 * @throws {ToolError} where the tool cannot be started
 */
export function runTool(command, args, { cwd, show = false, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...toolEnvironment(), ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      detached: true,
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const release = stopWith(child);
    child.on('error', (error) => {
      release();
      reject(new ToolError([command, ...args].join(' '), null, error.message));
    });
    child.on('close', (code, signal) => {
      release();
      resolve({ code: code ?? 128 + (signal ? constants.signals[signal] : 0), output });
    });
  });
}

/**
 * As {@link runTool}, and a code other than 0 is an error.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, show?: boolean, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>} what the tool printed
 * @throws {ToolError}
 */
export async function mustRun(command, args, options) {
  const { code, output } = await runTool(command, args, options);
  if (code !== 0) throw new ToolError([command, ...args].join(' '), code, output);
  return output;
}

/**
 * While a child runs, a signal that would end us ends the child's group first.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} forgets the child
 */
function stopWith(child) {
  const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
    if (child.pid !== undefined) killGroup(child.pid, signal);
    process.exit(128 + constants.signals[signal]);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  };
}

/**
 * @param {number} pid the leader of the group
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself: there is nothing left to stop.
  }
}
