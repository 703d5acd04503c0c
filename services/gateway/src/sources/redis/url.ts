import type { TlsFiles } from './tls.js';

/** A host and a port. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Our user and password for a server. */
export interface RedisCredentials {
  readonly username?: string;
  readonly password?: string;
}

interface RedisAccess extends RedisCredentials {
  /** Null without TLS. */
  readonly tls: TlsFiles | null;
  readonly db: number;
}

/** One Redis. */
export interface ServerAddress extends RedisNode, RedisAccess {
  readonly kind: 'server';
}

/** The master that Sentinels watch under a name, whichever server it currently is. */
export interface SentinelAddress extends RedisAccess {
  readonly kind: 'sentinel';
  readonly sentinels: readonly RedisNode[];
  readonly master: string;
  /** Credentials for the Sentinels themselves; `username` and `password` are for the master. */
  readonly sentinel: RedisCredentials;
}

/** A Redis Cluster and some of its nodes, which name the others. */
export interface ClusterAddress extends RedisAccess {
  readonly kind: 'cluster';
  readonly nodes: readonly RedisNode[];
}

/** The settings that a Redis URL cannot contain. */
export interface RedisAccessOptions {
  /** Our user and password for the Sentinels, if they require them. */
  readonly sentinel?: RedisCredentials;
  /** TLS options, for `rediss`. */
  readonly tls?: TlsFiles;
}

/** The address of a Redis, with our user and password. */
export type RedisAddress = ServerAddress | SentinelAddress | ClusterAddress;

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;

const REMEDY =
  'It must be redis://[[user]:password@]host[:port][/database], ' +
  'redis+sentinel://[[user]:password@]host[:port],host[:port].../master name[/database], ' +
  'redis+cluster://[[user]:password@]host[:port],host[:port]..., ' +
  'or the same with rediss for TLS, with special characters in the user and password percent-encoded. ' +
  'To try the gateway without a Redis, use memory: instead.';

/** Scheme, credentials, hosts, and what follows them. */
const PARTS = /^([a-z][a-z+]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)(.*)$/isu;

/**
 * Reads a Redis URL: for one server, as in the IANA registrations of the schemes `redis` and `rediss`; for Sentinels and a
 * Redis Cluster, with several hosts instead of one.
 *
 * @throws Error that says what is wrong and what is valid, without the URL: it may contain a password
 */
export function parseRedisUrl(
  text: string,
  { sentinel = {}, tls = {} }: RedisAccessOptions = {},
): RedisAddress {
  const address = parseAddress(text, sentinel);
  return address.tls === null ? address : { ...address, tls };
}

function parseAddress(text: string, sentinel: RedisCredentials): RedisAddress {
  const [, scheme = '', userinfo, hosts = '', rest = ''] = PARTS.exec(text) ?? [];
  const [base = '', kind] = scheme.toLowerCase().split('+');
  if (kind === undefined) return parseServerUrl(text, hosts);
  const [first = '', ...others] = hosts.split(',');
  const credentials = userinfo === undefined ? '' : `${userinfo}@`;
  if (kind === 'cluster') {
    if (rest !== '' && rest !== '/') throw invalid('has a path, but a Redis Cluster has no databases');
    const { host, port, ...access } = parseServerUrl(`${base}://${credentials}${first}`);
    return { ...access, kind, nodes: [{ host, port }, ...others.map((other) => nodeOf(other))] };
  }
  if (kind !== 'sentinel') throw invalid('has another scheme');
  const [, master = '', database = ''] = /^\/([^/?#]+)(.*)$/su.exec(rest) ?? [];
  if (master === '') throw invalid("names no master; Sentinels call it 'mymaster' by default");
  const { host: _host, port: _port, ...access } = parseServerUrl(`${base}://${credentials}host${database}`);
  const sentinels = [first, ...others].map((node) => nodeOf(node, DEFAULT_SENTINEL_PORT));
  return { ...access, kind, sentinels, master: decode(master), sentinel };
}

/** The address as logs show it: without credentials. */
export function describeAddress(address: RedisAddress): string {
  const scheme = address.tls !== null ? 'rediss' : 'redis';
  switch (address.kind) {
    case 'server':
      return `${scheme}://${describeNode(address)}/${address.db}`;
    case 'sentinel': {
      const { sentinels, master, db } = address;
      return `${scheme}+sentinel://${sentinels.map(describeNode).join()}/${master}/${db}`;
    }
    case 'cluster':
      return `${scheme}+cluster://${address.nodes.map(describeNode).join()}`;
  }
}

/** `host:port`, with an IPv6 address in brackets. */
export function describeNode({ host, port }: RedisNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * The host that a node of a Redis Cluster announces for itself or another one; an empty one or `?` means the host at which
 * the node was asked (https://redis.io/docs/latest/commands/cluster-slots).
 */
export function hostOr(announced: unknown, asked: string): string {
  return typeof announced === 'string' && announced !== '' && announced !== '?' ? announced : asked;
}

/** Whether both are the same host and port, as written. */
export function sameNode(a: RedisNode, b: RedisNode): boolean {
  return a.host === b.host && a.port === b.port;
}

function parseServerUrl(text: string, hosts = ''): ServerAddress {
  if (hosts.includes(','))
    throw invalid('names several hosts but neither redis+sentinel nor redis+cluster as its scheme');
  if (!URL.canParse(text)) throw invalid('cannot be read as a URL');
  const url = new URL(text);
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw invalid('has another scheme');
  if (url.hostname === '') throw invalid('names no host');
  if (url.port === '0') throw invalid('has the port 0');
  if (url.username !== '' && url.password === '') throw invalid('names a user without a password');
  if (url.search !== '' || url.hash !== '')
    throw invalid('has a query or a fragment, which have no meaning here');
  return {
    kind: 'server',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    db: databaseOf(url.pathname),
    tls: url.protocol === 'rediss:' ? {} : null,
    ...(url.username !== '' && { username: decode(url.username) }),
    ...(url.password !== '' && { password: decode(url.password) }),
  };
}

function nodeOf(text: string, defaultPort = DEFAULT_PORT): RedisNode {
  const { host, port } = parseServerUrl(`redis://${text}`);
  return { host, port: /:\d+$/u.test(text) ? port : defaultPort };
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
