import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** In order of preference; Valkey has the same protocol and arguments. */
const SERVER_NAMES = ['redis-server', 'valkey-server'];

/**
 * Path of a redis-server or, if there is none, a valkey-server on the PATH; null if there is neither.
 *
 * @param env where PATH is read from; the process's environment by default
 */
export function findRedisServer(env: NodeJS.ProcessEnv = process.env): string | null {
  const directories = (env.PATH ?? '').split(delimiter).filter(isAbsolute);
  for (const name of SERVER_NAMES) {
    for (const directory of directories) {
      const path = join(directory, name);
      if (isExecutableFile(path)) return path;
    }
  }
  return null;
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
