import { escapeForRegExp } from './escape-for-reg-exp.js';

/** Whether pages of an origin may connect; undefined stands for a client that is not a page. */
export type OriginCheck = (origin: string | undefined) => boolean;

const ANY = '*';

/** A serialised origin (RFC 6454 section 6.1), in which `*` may stand for part of the host or for the port. */
const PATTERN = /^(?:file:\/\/|[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+)$/u;

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

/** Schemes of origins that browsers never send, and what to write instead. */
const NEVER_SENT: Readonly<Record<string, string>> = {
  file: 'pages in local files have the origin null; write null',
  ws: 'the origin is that of the page; write http://',
  wss: 'the origin is that of the page; write https://',
};

/**
 * The origin as browsers send it (https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin):
 * without the default port of its scheme, its host in ASCII.
 *
 * @throws RangeError if they never send it
 */
function asSent(pattern: string): string {
  const [, scheme = '', host = '', port] = /^([^:]+):\/\/(\[[^\]]*\]|[^:]*)(?::(.*))?$/u.exec(pattern) ?? [];
  const remedy = NEVER_SENT[scheme];
  if (remedy !== undefined) throw new RangeError(`"${pattern}" never matches: ${remedy}`);
  if (scheme !== 'http' && scheme !== 'https') return pattern;
  const hasAnyPort = port?.includes('*') === true;
  const text = `${scheme}://${host}${port === undefined || hasAnyPort ? '' : `:${port}`}`;
  if (!URL.canParse(text))
    throw new RangeError(`"${pattern}" is not an origin: its host or port cannot be read`);
  return hasAnyPort ? `${new URL(text).origin}:${port}` : new URL(text).origin;
}

function originPattern(pattern: string): RegExp {
  if (pattern === ANY) return /^/u;
  if (pattern !== 'null' && !PATTERN.test(pattern)) {
    throw new RangeError(
      `"${pattern.slice(0, 100)}" is not an origin; write only scheme, host and port, as in https://map.example.org`,
    );
  }
  const parts = asSent(pattern).split('*').map(escapeForRegExp);
  return new RegExp(`^${parts.join('[^/@:?#]*')}$`, 'u');
}
