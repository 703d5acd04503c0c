import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { METRICS } from '../observability/metric-table.js';
import { AdminError, readJson, readQuery } from './admin-http.js';
import type { ChannelReport, ChannelsReport, SessionsReport } from './questions.js';
import type { Answers, Replicas } from './replicas.js';

/** Default and maximum number of rows in a list. */
const LIMIT = { usual: 1_000, most: 10_000 };

const SESSION_ID = /^[\w-]{1,40}$/u;

const NOTICE = z.strictObject({ message: z.string().trim().min(1).max(1_000) });

/** One request to the admin API. */
export interface AdminCall {
  peers: Replicas;
  request: IncomingMessage;
  /** The part of the path after the route's own; empty if there is none. */
  rest: string;
  /** The query string, without its question mark. */
  query: string;
}

/** The answer of a route: an object for JSON. */
export interface AdminAnswer {
  /** True if it covers all replicas. */
  complete: boolean;
  /** Ids of running replicas that it does not cover. */
  missing: string[];
  [member: string]: unknown;
}

export interface AdminRoute {
  /** Its name in metrics. */
  name: (typeof METRICS)['viaduct_admin_requests_total']['labels']['route'][number];
  method: 'GET' | 'POST' | 'DELETE';
  /** Path below `/admin/`. */
  path: string;
  /** Whether an id follows the path, after a slash. */
  takesId?: true;
  run(call: AdminCall): Promise<AdminAnswer>;
}

export const ADMIN_ROUTES: readonly AdminRoute[] = [
  { name: 'replicas', method: 'GET', path: 'replicas', run: listReplicas },
  { name: 'sessions', method: 'GET', path: 'sessions', run: listSessions },
  { name: 'disconnect', method: 'DELETE', path: 'sessions', takesId: true, run: disconnect },
  { name: 'notice', method: 'POST', path: 'notice', run: sendNotice },
  { name: 'channels', method: 'GET', path: 'channels', run: listChannels },
];

async function listReplicas({ peers, query }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  const told = await peers.ask('status', {});
  const lastSeen = Object.fromEntries(told.missing.map(({ id, lastSeen: at }) => [id, at]));
  const replicas = inOrder(told.answers).map(([id, status]) => ({ id, ...status }));
  return { ...completeness(told), replica: peers.replica, replicas, lastSeen };
}

async function listSessions({ peers, query }: AdminCall): Promise<AdminAnswer> {
  const parameters = readQuery(query, ['channel', 'limit', 'replica']);
  const limit = readLimit(parameters.get('limit'));
  const only = parameters.get('replica') ?? null;
  const told = await peers.ask('sessions', { channel: parameters.get('channel') ?? null, limit }, only);
  if (only !== null) requireReplica(told, only.slice(0, 100));
  const reports = inOrder(told.answers);
  const shares = fairShares(
    reports.map(([, { listed }]) => listed.length),
    limit,
  );
  const replicas = reports.map(([id, { total, listed }], i) => ({
    id,
    total,
    sessions: listed.slice(0, shares[i]),
  }));
  const total = sum(replicas.map((replica) => replica.total));
  const truncated = sum(replicas.map(({ sessions }) => sessions.length)) < total;
  return { ...completeness(told), total, truncated, replicas };
}

async function disconnect({ peers, query, rest: id }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  if (!SESSION_ID.test(id)) throw noSession(id.slice(0, 40));
  const told = await peers.ask('disconnect', { id });
  for (const [replica, done] of told.answers) {
    if (done) return { complete: true, missing: [], disconnected: id, replica };
  }
  if (told.complete) throw noSession(id);
  throw new AdminError(
    'replica_missing',
    `the replicas that answered have no session "${id}"${whoIsMissing(told)}`,
  );
}

function noSession(id: string): AdminError {
  return new AdminError('not_found', `there is no session "${id}"; GET /admin/sessions lists them`);
}

async function sendNotice({ peers, query, request }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  const body = NOTICE.safeParse(await readJson(request));
  if (!body.success) {
    throw new AdminError(
      'invalid_request',
      'the body must be {"message": "..."} with a text of 1 to 1000 characters, and nothing else',
    );
  }
  const told = await peers.ask('notice', body.data);
  const replicas = inOrder(told.answers).map(([id, sessions]) => ({ id, sessions }));
  return { ...completeness(told), sessions: sum([...told.answers.values()]), replicas };
}

async function listChannels({ peers, query }: AdminCall): Promise<AdminAnswer> {
  const parameters = readQuery(query, ['after', 'limit']);
  const limit = readLimit(parameters.get('limit'));
  const told = await peers.ask('channels', { after: parameters.get('after') ?? '', limit });
  return { ...completeness(told), ...mergeChannels([...told.answers.values()], limit) };
}

/**
 * Adds up the channels of all replicas. If a replica has more channels than it listed, the result ends with its last
 * one, so that every number covers all replicas.
 */
function mergeChannels(reports: readonly ChannelsReport[], limit: number) {
  const merged = new Map<string, ChannelReport>();
  let cut: string | null = null;
  for (const { listed, more } of reports) {
    for (const row of listed) merged.set(row.channel, addChannels(merged.get(row.channel), row));
    const last = listed.at(-1)?.channel ?? '';
    if (more && (cut === null || last < cut)) cut = last;
  }
  const sorted = [...merged.values()].sort((a, b) => (a.channel < b.channel ? -1 : 1));
  const exact = sorted.filter(({ channel }) => cut === null || channel <= cut);
  return { truncated: cut !== null || exact.length > limit, channels: exact.slice(0, limit) };
}

function addChannels(one: ChannelReport | undefined, other: ChannelReport): ChannelReport {
  if (one === undefined) return other;
  const byCrs = { ...one.byCrs };
  for (const [crs, subscribers] of Object.entries(other.byCrs)) byCrs[crs] = (byCrs[crs] ?? 0) + subscribers;
  return { channel: one.channel, subscribers: one.subscribers + other.subscribers, byCrs };
}

function completeness({ complete, missing }: Answers<unknown>): Pick<AdminAnswer, 'complete' | 'missing'> {
  return { complete, missing: missing.map(({ id }) => id) };
}

/** @throws AdminError if the one replica that was asked did not answer */
function requireReplica(told: Answers<SessionsReport>, id: string): void {
  if (told.answers.has(id) || told.missing.length > 0) return;
  if (told.complete) {
    throw new AdminError('not_found', `there is no replica "${id}"; GET /admin/replicas lists them`);
  }
  throw new AdminError(
    'replica_missing',
    `it is unknown whether there is a replica "${id}"${whoIsMissing(told)}`,
  );
}

function whoIsMissing({ missing }: Answers<unknown>): string {
  if (missing.length === 0)
    return ', and Redis is unreachable, so other replicas cannot answer; try again later';
  return `, and ${missing.map(({ id }) => id).join(', ')} did not answer; try again later`;
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT.usual;
  if (/^\d{1,9}$/u.test(text) && Number(text) >= 1 && Number(text) <= LIMIT.most) return Number(text);
  throw new AdminError('invalid_request', `limit must be a whole number from 1 to ${LIMIT.most}`);
}

/** Divides `limit` so that no replica gets less than another while it has more rows. */
function fairShares(wanted: readonly number[], limit: number): number[] {
  const shares = wanted.map(() => 0);
  let left = limit;
  const smallestFirst = [...wanted.entries()].sort(([, a], [, b]) => a - b);
  for (const [at, [i, wants]] of smallestFirst.entries()) {
    const share = Math.min(wants, Math.floor(left / (wanted.length - at)));
    shares[i] = share;
    left -= share;
  }
  return shares;
}

function inOrder<T>(byId: ReadonlyMap<string, T>): [string, T][] {
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
