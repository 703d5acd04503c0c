/** Where a Redis is and who we are to it. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
}

const DEFAULT_PORT = 6379;

const REMEDY =
  'It must be redis://[[user]:password@]host[:port][/database], or the same with rediss:// for TLS, ' +
  'with special characters in the user and password percent-encoded. ' +
  'To try the gateway without a Redis, use memory: instead.';

/**
 * Reads a Redis URL as the IANA registrations of the schemes `redis` and `rediss` describe it.
 *
 * @throws Error that says what is wrong and what would be right, without repeating the URL: it may hold a password
 */
export function parseRedisUrl(text: string): RedisAddress {
  if (!URL.canParse(text)) throw invalid('cannot be read as a URL');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw invalid('has another scheme');
  if (url.hostname === '') throw invalid('names no host');
  if (url.port === '0') throw invalid('has the port 0');
  if (url.username !== '' && url.password === '') throw invalid('names a user without a password');
  if (url.search !== '' || url.hash !== '')
    throw invalid('has a query or a fragment, which have no meaning here');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: databaseOf(url.pathname),
    tls: url.protocol === 'rediss:',
    ...(url.username !== '' && { username: decode(url.username) }),
    ...(url.password !== '' && { password: decode(url.password) }),
  };
}

/** The address as logs show it: without credentials. */
export function describeAddress({ host, port, db, tls }: RedisAddress): string {
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'rediss' : 'redis'}://${shownHost}:${port}/${db}`;
}

function databaseOf(path: string): number {
  if (path === '' || path === '/') return 0;
  if (!/^\/\d{1,9}$/.test(path)) throw invalid('has a path that is not the number of a database');
  return Number(path.slice(1));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a user or password with a "%" that encodes nothing');
  }
}

function invalid(what: string): Error {
  return new Error(`The Redis URL ${what}. ${REMEDY}`);
}
