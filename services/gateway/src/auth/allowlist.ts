import { escapeForRegExp } from './escape-for-reg-exp.js';
import { isReserved } from './reserved-channels.js';

/** Whether a channel or key of that name is allowed. */
export type Allowlist = (name: string) => boolean;

/** Whether a pattern of an allowlist is a glob, which stands for many names; if not, it is a name. */
export function isGlob(pattern: string): boolean {
  return /[*?[\\]/u.test(pattern);
}

/**
 * Makes an allowlist of names and globs. `*` stands for any characters, `?` for one, `[abc]` and `[a-z]` for one of a
 * set, and `\` escapes the next character. Only names that match are allowed, and reserved ones never are.
 *
 * @throws RangeError if a set has a range that runs backwards
 */
export function createAllowlist(patterns: readonly string[]): Allowlist {
  const names = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const globs = patterns.filter(isGlob).map(globToRegExp);
  return (name) => !isReserved(name) && (names.has(name) || globs.some((glob) => glob.test(name)));
}

/** The parts of a glob: literal characters, `[abc]`, `*` and `?`. */
const GLOB_PART = /\\(.)|\[(\^?[^\]]+)\]|(\*+)|(\?)|(.)/gsu;

/**
 * Searches for the text between two `*` once, from left to right, and never tries a later match, which could not find
 * more. So the time for a name grows only with its length, with any number of `*`.
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

/** The source of a regular expression for one character, for a part other than `*`. */
function onePlace(part: Record<'escaped' | 'set' | 'one' | 'other', string | undefined>): string {
  if (part.one !== undefined) return '.';
  if (part.set !== undefined) return `[${part.set.replace(/[\\[]/gu, '\\$&')}]`;
  return escapeForRegExp(part.escaped ?? part.other ?? '');
}
