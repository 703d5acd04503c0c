import { REPLICA_CHANNELS } from './reserved-channels.js';

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
    !name.startsWith(REPLICA_CHANNELS) && (names.has(name) || globs.some((glob) => glob.test(name)));
}

/** A glob's parts: what stands for itself, `[abc]`, `*` and `?`. */
const GLOB_PART = /\\(.)|\[(\^?[^\]]+)\]|(\*+)|(\?)|(.)/gsu;

/**
 * What stands between two `*` is looked for once, from left to right, and never again further right, which could find
 * nothing more: so the time that a name takes grows with its length alone, however many `*` there are.
 */
function globToRegExp(glob: string): RegExp {
  const pieces = [''];
  for (const [, escaped, set, star, one, other] of glob.matchAll(GLOB_PART)) {
    if (star !== undefined) pieces.push('');
    else pieces.push(pieces.pop() + onePlace({ escaped, set, one, other }));
  }
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  const between = rest.map((piece, i) => `(?=(.*?${piece}))\\${i + 1}`);
  const source = first + between.join('') + (last === undefined ? '' : `.*${last}`);
  try {
    return new RegExp(`^${source}$`, 'su');
  } catch {
    throw new RangeError(`the glob ${glob} has a range that runs backwards; write it as in [a-z]`);
  }
}

/** The source of an expression for the one character that a part other than `*` stands for. */
function onePlace(part: Record<'escaped' | 'set' | 'one' | 'other', string | undefined>): string {
  if (part.one !== undefined) return '.';
  if (part.set !== undefined) return `[${part.set.replace(/[\\[]/gu, '\\$&')}]`;
  return escapeForRegExp(part.escaped ?? part.other ?? '');
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\^$\\.*+?()[\]{}|/]/gu, '\\$&');
}
