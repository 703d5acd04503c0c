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

/** The output of a bundler, which is built again only when its sources have changed. */
export class BuildOnce {
  #folder;
  #made;
  #stamp;
  #sources;

  /**
   * @param {string} folder that the paths of sources are relative to
   * @param {object} what
   * @param {string} what.made path of the file or folder that a build makes
   * @param {string} what.stamp path of the file that records the sources of the last build
   * @param {string[]} what.sources files and folders; packages with a fixed version are represented by the lockfile
   */
  constructor(folder, { made, stamp, sources }) {
    this.#folder = folder;
    this.#made = made;
    this.#stamp = stamp;
    this.#sources = sources;
  }

  /** Whether there is a build of the current sources. */
  get isUpToDate() {
    return this.#has(this.#fingerprint());
  }

  /**
   * Builds, unless there is a build of the current sources.
   *
   * @param {() => Promise<void>} build
   */
  async run(build) {
    // Before the build: the sources may change while it runs.
    const fingerprint = this.#fingerprint();
    if (this.#has(fingerprint)) return;
    await build();
    writeFileSync(this.#stamp, fingerprint);
  }

  /** @param {string} fingerprint */
  #has(fingerprint) {
    const isThere = existsSync(this.#made) && existsSync(this.#stamp);
    return isThere && readFileSync(this.#stamp, 'utf8') === fingerprint;
  }

  #fingerprint() {
    const hash = createHash('sha256');
    for (const file of this.#sources
      .map((source) => join(this.#folder, source))
      .filter(existsSync)
      .flatMap(filesIn)) {
      hash.update(file.slice(this.#folder.length)).update('\0').update(readFileSync(file)).update('\0');
    }
    return hash.digest('hex');
  }
}
