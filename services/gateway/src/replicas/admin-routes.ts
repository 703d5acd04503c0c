import { z } from 'zod';
import type { METRICS } from '../observability/metric-table.js';
import { listBusiest } from './admin-busiest.js';
import {
  type AdminAnswer,
  type AdminCall,
  completeness,
  inOrder,
  type RowLimit,
  readLimit,
  sum,
} from './admin-call.js';
import { AdminError, readJson, readQuery } from './admin-http.js';
import type { ChannelReport, ChannelsReport, SessionsReport } from './questions.js';
import type { Answers } from './replicas.js';

const LIMIT: RowLimit = { usual: 1_000, most: 10_000 };

const SESSION_ID = /^[\w-]{1,40}$/u;

const NOTICE = z.strictObject({ message: z.string().trim().min(1).max(1_000) });

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
  { name: 'session', method: 'GET', path: 'sessions', takesId: true, run: showSession },
  { name: 'disconnect', method: 'DELETE', path: 'sessions', takesId: true, run: disconnect },
  { name: 'notice', method: 'POST', path: 'notice', run: sendNotice },
  { name: 'channels', method: 'GET', path: 'channels', run: listChannels },
  { name: 'busiest', method: 'GET', path: 'busiest', run: listBusiest },
];

async function listReplicas({ peers, query }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  const result = await peers.ask('status', {});
  const lastSeen = Object.fromEntries(result.missing.map(({ id, lastSeen: at }) => [id, at]));
  const replicas = inOrder(result.answers).map(([id, status]) => ({ id, ...status }));
  return { ...completeness(result), replica: peers.replica, replicas, lastSeen };
}

async function listSessions({ peers, query }: AdminCall): Promise<AdminAnswer> {
  const parameters = readQuery(query, ['channel', 'limit', 'replica']);
  const limit = readLimit(parameters, LIMIT);
  const only = parameters.get('replica') ?? null;
  const result = await peers.ask('sessions', { channel: parameters.get('channel') ?? null, limit }, only);
  if (only !== null) requireReplica(result, only.slice(0, 100));
  const reports = inOrder(result.answers);
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
  return { ...completeness(result), total, truncated, replicas };
}

async function showSession({ peers, query, rest: id }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  const [replica, session] = holderOf(id, await peers.ask('session', { id: checkedId(id) }));
  return { complete: true, missing: [], replica, session };
}

async function disconnect({ peers, query, rest: id }: AdminCall): Promise<AdminAnswer> {
  readQuery(query, []);
  const [replica] = holderOf(id, await peers.ask('disconnect', { id: checkedId(id) }));
  return { complete: true, missing: [], disconnected: id, replica };
}

/** @throws AdminError if no session can have that id */
function checkedId(id: string): string {
  if (SESSION_ID.test(id)) return id;
  throw noSession(id.slice(0, 40));
}

/**
 * The replica that has a session, and its answer.
 *
 * @param result has an answer that is false or null for each replica without such a session
 * @throws AdminError if none has it
 */
function holderOf<T>(id: string, result: Answers<T>): [replica: string, answer: NonNullable<T>] {
  for (const [replica, answer] of result.answers) if (answer) return [replica, answer];
  if (result.complete) throw noSession(id);
  throw new AdminError(
    'replica_missing',
    `the replicas that answered have no session "${id}"${whoIsMissing(result)}`,
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
  const result = await peers.ask('notice', body.data);
  const replicas = inOrder(result.answers).map(([id, sessions]) => ({ id, sessions }));
  return { ...completeness(result), sessions: sum([...result.answers.values()]), replicas };
}

async function listChannels({ peers, query }: AdminCall): Promise<AdminAnswer> {
  const parameters = readQuery(query, ['after', 'limit']);
  const limit = readLimit(parameters, LIMIT);
  const result = await peers.ask('channels', { after: parameters.get('after') ?? '', limit });
  return { ...completeness(result), ...mergeChannels([...result.answers.values()], limit) };
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

/** @throws AdminError if the one replica that was asked did not answer */
function requireReplica(result: Answers<SessionsReport>, id: string): void {
  if (result.answers.has(id) || result.missing.length > 0) return;
  if (result.complete) {
    throw new AdminError('not_found', `there is no replica "${id}"; GET /admin/replicas lists them`);
  }
  throw new AdminError(
    'replica_missing',
    `it is unknown whether there is a replica "${id}"${whoIsMissing(result)}`,
  );
}

function whoIsMissing({ missing }: Answers<unknown>): string {
  if (missing.length === 0)
    return ', and Redis is unreachable, so other replicas cannot answer; try again later';
  return `, and ${missing.map(({ id }) => id).join(', ')} did not answer; try again later`;
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
