import { createAllowlist, isGlob } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { nearest } from '../config/nearest.js';

/** The maximum number of names, and of globs, that are tried one by one. */
const MAX_TRIED = 20;

/** The names to try in a list of names and globs. */
function namesIn(patterns: readonly string[]): string[] {
  return patterns.filter((pattern) => !isGlob(pattern)).slice(0, MAX_TRIED);
}

/** A channel to try in Redis. */
export interface TriedName {
  readonly name: string;
  readonly isStream: boolean;
  /** Key of the hash with its state. */
  readonly key: string;
  /** Whether live views follow changes of that hash. */
  readonly isNotified: boolean;
  /**
   * Whether it is a glob, which is tried as if it were a name. This shows which commands Redis denies, but not for which
   * names: the user may have rights to some of those that the glob matches.
   */
  readonly isGlob: boolean;
}

/** The names and globs in CHANNELS, STREAMS and NOTIFY to try. */
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
  /** Keys of another type. */
  readonly notHashes: readonly string[];
  /** Channels that they can read, and the number of their subscribers. */
  readonly subscribers: ReadonlyMap<string, number>;
  /** Hashes that they cannot read. */
  readonly hiddenHashes: readonly string[];
  /** Channels with subscribers that they cannot read. */
  readonly hiddenChannels: readonly string[];
}

/**
 * The names in CHANNELS without a key: they may be misspelt, or have no state.
 *
 * @returns with the name that was probably meant; null for none
 */
export function namesWithoutHash(
  { channels, streams }: Pick<Config, 'channels' | 'streams'>,
  { hashes, notHashes, subscribers, hiddenHashes, hiddenChannels }: FoundNames,
): { name: string; meant: string | null }[] {
  const isStream = createAllowlist(streams);
  // If several names are equally near, the first counts.
  const known = [...new Set([...hashes, ...subscribers.keys(), ...hiddenHashes, ...hiddenChannels])];
  return namesIn(channels)
    .filter((name) => !hashes.has(name) && !notHashes.includes(name) && !isStream(name))
    .map((name) => ({
      name,
      meant: nearest(
        name,
        known.filter((other) => other !== name),
      ),
    }));
}
