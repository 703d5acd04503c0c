import { CLUSTER_CHANNELS } from './cluster/channels.js';

/** Says whether a channel or key of that name may be read. */
export type Allowlist = (name: string) => boolean;

/**
 * An allowlist from names and globs. `*` stands for any characters, `?` for one, `[abc]` and `[a-z]` for one of a
 * set, `\` takes the next character as it is. Nothing is allowed that no pattern matches, and what replicas tell each
 * other never is.
 *
 * @throws RangeError where a set has a range that runs backwards
 */
export function createAllowlist(patterns: readonly string[]): Allowlist {
  const names = new Set(patterns.filter((pattern) => !/[*?[\\]/u.test(pattern)));
  const globs = patterns.filter((pattern) => !names.has(pattern)).map(globToRegExp);
  return (name) =>
    !name.startsWith(CLUSTER_CHANNELS) && (names.has(name) || globs.some((glob) => glob.test(name)));
}

function globToRegExp(glob: string): RegExp {
  const source = glob.replace(
    /\\(.)|\[(\^?[^\]]+)\]|(\*+)|(\?)|([^\w\s])/gsu,
    (all, escaped, set, star, one) => {
      if (escaped !== undefined) return escapeForRegExp(escaped);
      if (set !== undefined) return `[${set.replace(/[\\[]/gu, '\\$&')}]`;
      if (star !== undefined) return '.*';
      return one === undefined ? escapeForRegExp(all) : '.';
    },
  );
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    throw new RangeError(`the glob ${glob} has a range that runs backwards; write it as in [a-z]`);
  }
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/gu, '\\$&');
}
