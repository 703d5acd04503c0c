import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** By name: where this module is depends on how the package is built. */
const MANIFEST = pathToFileURL(createRequire(import.meta.url).resolve('@viaduct/gateway/package.json'));

/** Address of a file or a folder of this package, such as `functions/viaduct.lua`. */
export function packageFile(path: string): URL {
  return new URL(path, MANIFEST);
}
