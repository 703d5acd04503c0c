import { spawnSync } from 'node:child_process';
import { findOnPath, isProgram } from './path-search.mjs';
import { step } from './progress.mjs';
import { mustRun } from './run.mjs';
import { ROOT } from './workspace.mjs';

/** What the suites need besides Node: real servers and a real browser, no imitations. */
const REDIS = {
  what: 'a Redis server',
  programs: ['redis-server', 'valkey-server'],
  package: 'redis-server',
};
const CHROMIUM = {
  what: 'Chromium',
  programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  package: 'chromium',
};

/**
 * Makes sure of a Redis server on the PATH.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install, where it is missing and cannot be installed from here
 */
export function ensureRedisServer() {
  return ensureProgram(REDIS);
}

/**
 * Makes sure of a Chromium: the one that CHROMIUM_PATH names, or one on the PATH.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install or to set
 */
export async function ensureChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (!named) return ensureProgram(CHROMIUM);
  if (!isProgram(named)) throw new Error(`CHROMIUM_PATH is ${named}, and there is no program to run there.`);
  return named;
}

/** The package `websockets` of Python, for the example of a client. */
const WEBSOCKETS = { module: 'websockets', package: 'python3-websockets' };

/**
 * A Python 3 for which the example's package is installed; the distribution's own Python may have it where another one
 * on the PATH has not.
 *
 * @returns {string | null} its path, or null where there is none
 */
function findPythonForExample() {
  const pythons = [findOnPath(['python3']), findOnPath(['python3'], '/usr/bin')];
  const has = (/** @type {string} */ python) =>
    spawnSync(python, ['-c', `import ${WEBSOCKETS.module}`], { stdio: 'ignore' }).status === 0;
  return pythons.find((python) => python !== null && has(python)) ?? null;
}

/** Installs what {@link findPythonForExample} looks for, where we may. Nobody has to have it: the suites do with less. */
export async function offerPythonForExample() {
  if (findPythonForExample() !== null) return;
  const apt = findOnPath(['apt-get']);
  if (apt === null || process.getuid?.() !== 0) return;
  await step("Installing Python's websockets with apt-get", () => aptInstall(apt, WEBSOCKETS.package)).catch(
    () => {},
  );
}

/**
 * @param {{ what: string, programs: string[], package: string }} need
 * @returns {Promise<string>}
 */
async function ensureProgram(need) {
  const found = findOnPath(need.programs);
  if (found) return found;
  const apt = findOnPath(['apt-get']);
  if (apt && process.getuid?.() === 0) {
    await step(`Installing ${need.what} with apt-get`, () => aptInstall(apt, need.package));
    const installed = findOnPath(need.programs);
    if (installed) return installed;
  }
  throw new Error(missing(need));
}

/**
 * @param {{ what: string, programs: string[], package: string }} need
 * @returns {string}
 */
function missing({ what, programs, package: name }) {
  return (
    `The tests need ${what} and found none of these on the PATH: ${programs.join(', ')}.\n` +
    `On Debian or Ubuntu: sudo apt-get install -y ${name}\n` +
    'Elsewhere: install it with your package manager, then run npm test again.'
  );
}

/**
 * @param {string} apt
 * @param {string} name
 */
async function aptInstall(apt, name) {
  const options = { cwd: ROOT, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await mustRun(apt, ['update', '-qq'], options);
  await mustRun(apt, ['install', '-y', '-qq', '--no-install-recommends', name], options);
}
