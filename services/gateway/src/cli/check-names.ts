import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { nearest } from '../config/nearest.js';

/** Most names that are tried one by one. */
const MAX_TRIED = 20;

/** The names in a list of names and globs, as many as are tried. */
export function namesIn(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => !/[*?[\\]/u.test(pattern)).slice(0, MAX_TRIED);
}

/**
 * The names in CHANNELS of which Redis knows nothing: they may be misspelt.
 *
 * @param known readable channels with subscribers, and readable hashes
 * @returns with the known name that was probably meant; null for none
 */
export function unknownNames(
  { channels, streams }: Pick<Config, 'channels' | 'streams'>,
  known: ReadonlySet<string>,
): { name: string; meant: string | null }[] {
  const isStream = createAllowlist(streams);
  return namesIn(channels)
    .filter((name) => !known.has(name) && !isStream(name))
    .map((name) => ({ name, meant: nearest(name, [...known]) }));
}
