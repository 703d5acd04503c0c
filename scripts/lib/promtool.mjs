import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDownloaded, findOnPath } from './needs.mjs';
import { ROOT, step } from './run.mjs';

const PROGRAM = join(ROOT, '.cache/promtool/promtool');

/** The lists of packages may be missing or outdated. Only promtool is unpacked: an installed package would start a server. */
const UNPACK = `cd "$0"
apt-get download -qq prometheus 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus; }
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool`;

/**
 * Makes sure that there is a promtool: one on the PATH, or that of Debian's package, which is downloaded once, into the cache of
 * this repository.
 *
 * @returns {Promise<string>} its path
 * @throws {Error} that says what to install
 */
export async function ensurePromtool() {
  const found = findOnPath(['promtool']);
  if (found !== undefined) return found;
  if (existsSync(PROGRAM)) return PROGRAM;
  if (findOnPath(['apt-get']) === undefined)
    throw new Error('The tests need promtool on the PATH. It comes with Prometheus: install 2.42 or newer.');
  return ensureDownloaded(PROGRAM, async (folder) => {
    await step('Downloading promtool', 'sh', ['-ec', UNPACK, folder]);
    return join(folder, 'usr/bin/promtool');
  });
}
