import { readFileSync } from 'node:fs';
import { packageFile } from './package-files.js';

/** Version of this package, such as `0.1.0`. */
export function packageVersion(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
