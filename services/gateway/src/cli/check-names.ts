import { createAllowlist, isGlob } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { nearest } from '../config/nearest.js';

/** Most names, and most globs, that are tried one by one. */
const MAX_TRIED = 20;

/** The names in a list of names and globs, as many as are tried. */
function namesIn(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => !isGlob(pattern)).slice(0, MAX_TRIED);
}

/** A channel to try in Redis. */
export interface TriedName {
  readonly name: string;
  readonly isStream: boolean;
  /** Where its state is: a hash. */
  readonly key: string;
  /** Whether live views follow changes of that hash. */
  readonly isNotified: boolean;
  /**
   * Whether it is a glob, which is tried as if it were a name. Redis then tells which commands it denies, but not which
   * names: a user may have rights to some of those that the glob stands for.
   */
  readonly isGlob: boolean;
}

/** What to try of the names and globs in CHANNELS, STREAMS and NOTIFY. */
export function triedNames({
  channels,
  streams,
  streamStateSuffix,
  live: { notify },
}: Pick<Config, 'channels' | 'streams' | 'streamStateSuffix' | 'live'>): TriedName[] {
  const isReadable = createAllowlist(channels);
  const isStream = createAllowlist(streams);
  const isNotified = createAllowlist(notify);
  const further = [...streams, ...notify].filter((pattern) => isReadable(pattern));
  const patterns = [...new Set([...channels, ...further])];
  const globs = patterns.filter(isGlob).slice(0, MAX_TRIED);
  return [...namesIn(patterns), ...globs].map((name) => ({
    name,
    isStream: isStream(name),
    key: isStream(name) ? `${name}${streamStateSuffix}` : name,
    isNotified: isNotified(name),
    isGlob: isGlob(name),
  }));
}

/** What Redis has, as an operator sees it. */
export interface FoundNames {
  /** Hashes that clients can read. */
  readonly hashes: ReadonlySet<string>;
  /** Keys that have another type. */
  readonly noHashes: readonly string[];
  /** Channels that they can read, and the number of their subscribers. */
  readonly subscribers: ReadonlyMap<string, number>;
  /** Hashes that they cannot read. */
  readonly hiddenHashes: readonly string[];
  /** Channels with subscribers that they cannot read. */
  readonly hiddenChannels: readonly string[];
}

/**
 * The names in CHANNELS that have no key: they may be misspelt, or lack their state.
 *
 * @returns with the name that was probably meant; null for none
 */
export function namesWithoutHash(
  { channels, streams }: Pick<Config, 'channels' | 'streams'>,
  { hashes, noHashes, subscribers, hiddenHashes, hiddenChannels }: FoundNames,
): { name: string; meant: string | null }[] {
  const isStream = createAllowlist(streams);
  // Of names that are equally near, the first counts.
  const known = [...new Set([...hashes, ...subscribers.keys(), ...hiddenHashes, ...hiddenChannels])];
  return namesIn(channels)
    .filter((name) => !hashes.has(name) && !noHashes.includes(name) && !isStream(name))
    .map((name) => ({
      name,
      meant: nearest(
        name,
        known.filter((other) => other !== name),
      ),
    }));
}
