import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} path of a file or a folder
 * @returns {string[]} the files in it, in a fixed order
 */
export function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** What a bundler makes of sources, which are only bundled again when they have changed. */
export class BuildOnce {
  #folder;
  #stamp;
  #paths;

  /**
   * @param {string} folder that the paths of sources begin in
   * @param {object} what
   * @param {string} what.stamp path of the file that records the sources of the last build
   * @param {string[]} what.sources files and folders; packages with a fixed version are represented by the lockfile
   */
  constructor(folder, { stamp, sources }) {
    this.#folder = folder;
    this.#stamp = stamp;
    this.#paths = sources;
  }

  /** Whether the last build was made from the present sources. */
  get isUpToDate() {
    return existsSync(this.#stamp) && readFileSync(this.#stamp, 'utf8') === this.sources;
  }

  /**
   * Records a build.
   *
   * @param {string} sources {@link sources} before it began: they may have changed since
   */
  record(sources) {
    writeFileSync(this.#stamp, sources);
  }

  /** A fingerprint of the present sources. */
  get sources() {
    const hash = createHash('sha256');
    for (const file of this.#paths
      .map((source) => join(this.#folder, source))
      .filter(existsSync)
      .flatMap(filesIn)) {
      hash.update(file.slice(this.#folder.length)).update('\0').update(readFileSync(file)).update('\0');
    }
    return hash.digest('hex');
  }
}
