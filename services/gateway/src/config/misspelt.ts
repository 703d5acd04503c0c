import { ENVIRONMENT, VARIABLES } from './config.js';
import { nearest } from './nearest.js';
import type { Setting } from './setting.js';

/** Shorter names are too similar to those of other programs. */
const MIN_LENGTH = 8;

/** An environment variable that is probably meant to be a setting. */
export interface Misspelt {
  readonly name: string;
  readonly meant: string;
}

/** Finds the variables of an environment that are not settings, but have almost the name of one. */
export function misspeltSettings(env: Readonly<Record<string, string | undefined>>): Misspelt[] {
  const former = Object.values<Setting<unknown>>(VARIABLES).flatMap(({ formerName }) => formerName ?? []);
  const known = new Set([...ENVIRONMENT, ...former]);
  const long = ENVIRONMENT.filter((name) => name.length >= MIN_LENGTH);
  return Object.keys(env)
    .filter((name) => name.length >= MIN_LENGTH - 1 && !known.has(name))
    .flatMap((name) => {
      const meant = nearest(name, long);
      return meant === null ? [] : { name, meant };
    });
}
