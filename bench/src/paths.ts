import { fileURLToPath } from 'node:url';

/** The folder of this package, from its sources and from its build alike. */
const PACKAGE = new URL('../', import.meta.url);

/** A compiled program of this package, such as `load/receiver-main.js`. */
export function program(name: string): string {
  return fileURLToPath(new URL(`dist/${name}`, PACKAGE));
}

/** The gateway of this workspace. */
export const GATEWAY = fileURLToPath(new URL('../services/gateway/dist/main.js', PACKAGE));

/** Where results are written. */
export const RESULTS = fileURLToPath(new URL('results/', PACKAGE));

/** The results that the documents show. */
export const FIGURES = fileURLToPath(new URL('figures.jsonl', PACKAGE));
