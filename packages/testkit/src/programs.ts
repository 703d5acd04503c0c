import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Absolute path of the gateway's main.js, the program that is deployed. */
export const GATEWAY_MAIN = programOf('@viaduct/gateway', 'viaduct');

/** Path of the script that a package's `bin` names. */
function programOf(name: string, program: string): string {
  const require = createRequire(import.meta.url);
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest) as { bin: Record<string, string> };
  const script = bin[program];
  if (script === undefined) throw new Error(`${name} has no program ${program}`);
  return join(dirname(manifest), script);
}
