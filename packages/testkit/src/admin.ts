import { expect } from 'vitest';
import { type GatewayProcess, startGateway } from './gateway.js';
import { eventually, until } from './wait.js';

/** Token of all gateways in these tests. */
export const TOKEN = 'a-token-for-tests-0123456789';

/** The answers of the API. */
interface Completeness {
  complete: boolean;
  missing: string[];
}

export interface ReplicaRow {
  id: string;
  version: string;
  uptime: number;
  ready: boolean;
  draining: boolean;
  connections: { raw: number; 'socket.io': number; sse: number };
}

export interface ReplicasAnswer extends Completeness {
  replica: string;
  replicas: ReplicaRow[];
  lastSeen: Record<string, number | null>;
}

export interface SessionRow {
  id: string;
  transport: 'raw' | 'socket.io';
  since: number;
  address: string | null;
  subscriptions: string[];
  subscriptionCount: number;
  view: {
    projection: string;
    axisOrder: 'xy' | 'crs';
    bbox: { left: number; bottom: number; right: number; top: number } | null;
    boxCrs: string;
    trim: boolean;
    hints: string[];
    namedHints: Record<string, string>;
    held: boolean;
  };
  buffer: { size: number; ms: number } | null;
  queuedBytes: number;
  account: {
    key: string | null;
    connections: number;
    subscriptions: number;
    limits: { connections?: number; subscriptions?: number; bytesPerSecond?: number };
  } | null;
}

export interface SessionsAnswer extends Completeness {
  total: number;
  truncated: boolean;
  replicas: { id: string; total: number; sessions: SessionRow[] }[];
}

export interface ChannelsAnswer extends Completeness {
  truncated: boolean;
  channels: { channel: string; subscribers: number; byCrs: Record<string, number> }[];
}

export interface BusiestAnswer extends Completeness {
  by: 'messages' | 'bytes';
  channels: { channel: string; messagesPerSecond: number; bytesPerSecond: number; subscribers: number }[];
}

export interface NoticeAnswer extends Completeness {
  sessions: number;
  replicas: { id: string; sessions: number }[];
}

export interface DisconnectAnswer extends Completeness {
  disconnected: string;
  replica: string;
}

export interface Refusal {
  error: { code: string; message: string };
}

export interface AdminAnswerOf<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** Calls the admin API of one gateway. */
export async function admin<T>(
  { url }: Pick<GatewayProcess, 'url'>,
  path: string,
  init: RequestInit = {},
  token: string | null = TOKEN,
): Promise<AdminAnswerOf<T>> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/admin/${path}`, { ...init, headers: authorization });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}

export const replicasOf = async (gateway: Pick<GatewayProcess, 'url'>): Promise<ReplicasAnswer> =>
  (await admin<ReplicasAnswer>(gateway, 'replicas')).body;

export const sessionsOf = async (gateway: GatewayProcess, query = ''): Promise<SessionsAnswer> =>
  (await admin<SessionsAnswer>(gateway, `sessions${query}`)).body;

export const channelsOf = async (gateway: GatewayProcess, query = ''): Promise<ChannelsAnswer> =>
  (await admin<ChannelsAnswer>(gateway, `channels${query}`)).body;

export const busiestOf = async (gateway: GatewayProcess, query = ''): Promise<BusiestAnswer> =>
  (await admin<BusiestAnswer>(gateway, `busiest${query}`)).body;

export const disconnect = (gateway: GatewayProcess, id: string): Promise<AdminAnswerOf<DisconnectAnswer>> =>
  admin<DisconnectAnswer>(gateway, `sessions/${id}`, { method: 'DELETE' });

export const notify = (gateway: GatewayProcess, message: string): Promise<AdminAnswerOf<NoticeAnswer>> =>
  admin<NoticeAnswer>(gateway, 'notice', { method: 'POST', body: JSON.stringify({ message }) });

/** The sessions of all replicas, each with its replica. */
export function rowsOf({ replicas }: SessionsAnswer): (SessionRow & { replica: string })[] {
  return replicas.flatMap(({ id, sessions }) => sessions.map((session) => ({ ...session, replica: id })));
}

/** Starts a gateway on its own, without a Redis. */
export function startAlone(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ADMIN_TOKEN: TOKEN, ...env });
}

/** Starts gateways with these ids on one Redis, and resolves when each of them reaches all others. */
export async function startReplicas<Id extends string>(
  redisUrl: string,
  ids: readonly Id[],
  env: Readonly<Record<string, string>> = {},
): Promise<Record<Id, GatewayProcess>> {
  const gateways = await Promise.all(
    ids.map((id) =>
      startGateway({ REDIS_URL: redisUrl, CHANNELS: '*', ADMIN_TOKEN: TOKEN, REPLICA_ID: id, ...env }),
    ),
  );
  for (const gateway of gateways) await untilTogether(gateway, ids);
  return Object.fromEntries(ids.map((id, i) => [id, gateways[i]])) as Record<Id, GatewayProcess>;
}

/** Asks until every replica has answered: on a busy machine, a healthy one may take longer than its time. */
export function untilComplete<T extends { complete: boolean }>(ask: () => Promise<T>): Promise<T> {
  return until(async () => {
    const answer = await ask();
    return answer.complete ? answer : null;
  }, 'an answer of every replica');
}

/** Resolves when this gateway has answers from exactly these replicas, and misses none. */
export function untilTogether(gateway: GatewayProcess, ids: readonly string[]): Promise<void> {
  return eventually(async () => {
    const { complete, missing, replicas } = await replicasOf(gateway);
    expect({ complete, missing, ids: replicas.map(({ id }) => id) }).toEqual({
      complete: true,
      missing: [],
      ids: [...ids].sort(),
    });
  });
}
