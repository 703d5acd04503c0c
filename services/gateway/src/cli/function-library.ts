import { readFileSync } from 'node:fs';
import { packageFile } from '../config/package-files.js';

/** The name of the library in Redis. */
export const LIBRARY_NAME = 'viaduct';

/** The command that puts the library into Redis, or replaces another version of it. */
export const LOAD_COMMAND = 'viaduct functions | redis-cli -x FUNCTION LOAD REPLACE';

/** The source of the functions for producers, as `FUNCTION LOAD` takes it. */
export function functionLibrary(): string {
  return readFileSync(packageFile('functions/viaduct.lua'), 'utf8');
}
