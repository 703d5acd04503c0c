/** Whether pages of an origin may connect; undefined stands for a client that is not a page. */
export type OriginCheck = (origin: string | undefined) => boolean;

const ANY = '*';

/** A serialised origin (RFC 6454 section 6.1), in which `*` may stand for part of the host or for the port. */
const PATTERN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/u;

/** Longer than any origin: a host name has at most 253 characters (RFC 1035 section 2.3.4). */
const MAX_ORIGIN_LENGTH = 400;

/**
 * Makes a check from a list of origins such as `https://map.example.org` or `https://*.example.org`. `*` allows all;
 * `null` stands for pages without an origin, such as local files. Requests without an `Origin` header pass: only
 * browsers send one, and the check protects their users.
 *
 * @throws RangeError if an item is not an origin
 */
export function createOriginCheck(patterns: readonly string[]): OriginCheck {
  const tests = patterns.map((pattern) => originPattern(pattern.toLowerCase()));
  return (origin) => {
    if (origin === undefined) return true;
    if (origin.length > MAX_ORIGIN_LENGTH) return false;
    const given = origin.toLowerCase();
    return tests.some((test) => test.test(given));
  };
}

/** Whether all origins are allowed. */
export function allowsAnyOrigin(patterns: readonly string[]): boolean {
  return patterns.includes(ANY);
}

function originPattern(pattern: string): RegExp {
  if (pattern === ANY) return /^/u;
  if (pattern !== 'null' && !PATTERN.test(pattern)) {
    throw new RangeError(
      `"${pattern.slice(0, 100)}" is not an origin; write only scheme, host and port, as in https://map.example.org`,
    );
  }
  const parts = pattern.split('*').map((part) => part.replace(/[\^$\\.*+?()[\]{}|/-]/gu, '\\$&'));
  return new RegExp(`^${parts.join('[^/@:?#]*')}$`, 'u');
}
