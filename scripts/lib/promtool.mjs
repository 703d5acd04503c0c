import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath } from './needs.mjs';
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
  mkdirSync(dirname(PROGRAM), { recursive: true });
  const folder = mkdtempSync(join(dirname(PROGRAM), 'download-'));
  try {
    await step('Downloading promtool', 'sh', ['-ec', UNPACK, folder]);
    // In one step, because other tests may look for it.
    renameSync(join(folder, 'usr/bin/promtool'), PROGRAM);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return PROGRAM;
}
