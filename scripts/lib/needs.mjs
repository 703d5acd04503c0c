import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { step } from './run.mjs';

/** @typedef {{ what: string, programs: string[], package: string }} Need */

/**
 * The first of the named programs that is on the PATH; earlier names win over earlier folders.
 *
 * @param {string[]} names
 * @returns {string | undefined} the absolute path
 */
export function findOnPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/**
 * @param {string} file
 * @returns {boolean}
 */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes sure that there is a Redis server.
 *
 * @throws {Error} that says what to install
 */
export async function ensureRedisServer() {
  const programs = ['redis-server', 'valkey-server'];
  await ensureProgram({ what: 'a Redis server', programs, package: 'redis-server' });
}

/**
 * Makes sure that there is a Chromium: the one that CHROMIUM_PATH names, or one on the PATH.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install or to set
 */
export async function ensureChromium() {
  const named = process.env.CHROMIUM_PATH;
  if (named && !isProgram(named)) throw new Error(`CHROMIUM_PATH is ${named}, which is not a program.`);
  const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  return named || (await ensureProgram({ what: 'Chromium', programs, package: 'chromium' }));
}

/**
 * Makes sure that there is an nginx. Debian installs it in a folder that only root's PATH has.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install
 */
export async function ensureNginx() {
  const programs = ['nginx', '../sbin/nginx'];
  return ensureProgram({ what: 'nginx', programs, package: 'nginx-core' });
}

/**
 * Makes sure that there are the programs of GDAL.
 *
 * @throws {Error} that says what to install
 */
export async function ensureGdal() {
  await ensureProgram({ what: 'GDAL', programs: ['ogr2ogr'], package: 'gdal-bin' });
}

/**
 * Makes sure that there is a broker for MQTT. Debian installs it in a folder that only root's PATH has.
 *
 * @throws {Error} that says what to install
 */
export async function ensureMosquitto() {
  const programs = ['mosquitto', '../sbin/mosquitto'];
  await ensureProgram({ what: 'an MQTT broker', programs, package: 'mosquitto' });
}

/** The packages that the examples in Python import, and Debian's that have them. */
const PYTHON_PACKAGES = { websockets: 'python3-websockets', redis: 'python3-redis' };

/** Installs what the examples in Python need, if that is allowed. Without it, their tests only compile them. */
export async function offerPythonForExamples() {
  for (const [module, name] of Object.entries(PYTHON_PACKAGES)) {
    const has = (/** @type {string} */ python) => spawnSync(python, ['-c', `import ${module}`]).status === 0;
    if (['python3', '/usr/bin/python3'].some(has) || !mayInstall()) continue;
    await aptInstall(name).catch((error) => console.log(error.message));
  }
}

/**
 * Makes sure that there is a program: one on the PATH, or one of Debian's, which is installed if that is allowed.
 *
 * @param {Need} need
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install
 */
export async function ensureProgram({ what, programs, package: name }) {
  if (findOnPath(programs) === undefined && mayInstall()) await aptInstall(name);
  const found = findOnPath(programs);
  if (found !== undefined) return found;
  throw new Error(
    `The tests need ${what} and found none of these on the PATH: ${programs.join(', ')}.\n` +
      `On Debian or Ubuntu: sudo apt-get install -y ${name}\n` +
      'Elsewhere: install it with your package manager, then run npm test again.',
  );
}

/**
 * Makes sure that a program that is downloaded is in its place, in the cache of this repository.
 *
 * @param {string} program its path
 * @param {(folder: string) => Promise<string>} download into an empty folder; returns the path of the program in it
 * @returns {Promise<string>} its path
 */
export async function ensureDownloaded(program, download) {
  if (existsSync(program)) return program;
  mkdirSync(dirname(program), { recursive: true });
  const folder = mkdtempSync(join(dirname(program), 'download-'));
  try {
    // In one step, because other tests may look for it.
    renameSync(await download(folder), program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return program;
}

function mayInstall() {
  return findOnPath(['apt-get']) !== undefined && process.getuid?.() === 0;
}

/** @param {string} name of a package of Debian */
async function aptInstall(name) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('Updating the list of packages', 'apt-get', ['update', '-qq'], env);
  await step(`Installing ${name}`, 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], env);
}
