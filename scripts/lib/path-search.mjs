import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first of the named programs that is on the PATH; earlier names win over earlier folders.
 *
 * @param {readonly string[]} names
 * @param {string} [path] a PATH; the process's own without it
 * @returns {string | null} the absolute path
 */
export function findOnPath(names, path = process.env.PATH ?? '') {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      if (folder !== '' && isProgram(join(folder, name))) return join(folder, name);
    }
  }
  return null;
}

/**
 * @param {string} file
 * @returns {boolean} whether it is a file that we may run
 */
export function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
