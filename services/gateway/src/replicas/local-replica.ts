import type { NoticeStatus } from '@viaduct/protocol';
import type { Account } from '../admission/accounts.js';
import type { Audience } from '../delivery/audience.js';
import { busiest } from '../delivery/busiest.js';
import type { Hub } from '../delivery/hub.js';
import { statusMessage } from '../delivery/messages.js';
import type { Session } from '../session/session.js';
import type { LongWork } from '../state/long-work.js';
import type {
  BusyChannelReport,
  ChannelReport,
  ChannelsReport,
  ParametersOf,
  QuestionHandlers,
  ReplicaStatus,
  SessionReport,
  SessionsReport,
} from './questions.js';

/** Maximum length of a report, as JSON text, in characters: it passes through Redis in one message. */
const MAX_REPORT_LENGTH = 512 * 1024;

/** Maximum number of channels listed for one session. */
const MAX_LISTED_SUBSCRIPTIONS = 100;

/** How many sessions receive a notice before other work gets its turn. */
const NOTICE_BATCH = 500;

export interface LocalReplicaServices {
  hub: Pick<Hub, 'audiences' | 'traffic' | 'subscribersOf'>;
  longWork: LongWork;
  sessions(): Iterable<Session>;
  readiness(): Pick<ReplicaStatus, 'ready' | 'draining'>;
  version: string;
}

/** Answers for this replica. Every answer has a maximum size. */
export class LocalReplica implements QuestionHandlers {
  readonly #services: LocalReplicaServices;
  readonly #startedAt = performance.now();

  constructor(services: LocalReplicaServices) {
    this.#services = services;
  }

  status(): ReplicaStatus {
    const connections = { raw: 0, 'socket.io': 0, sse: 0 };
    for (const { transport } of this.#services.sessions()) connections[transport]++;
    const { ready, draining } = this.#services.readiness();
    const uptime = Math.floor((performance.now() - this.#startedAt) / 1000);
    return { version: this.#services.version, uptime, ready, draining, connections };
  }

  sessions({ channel, limit }: ParametersOf<'sessions'>): SessionsReport {
    const report = new BoundedList<SessionReport>(limit);
    let total = 0;
    for (const session of this.#services.sessions()) {
      if (channel !== null && !session.subscriptions.has(channel)) continue;
      total++;
      if (!report.full) report.add(describeSession(session));
    }
    return { total, listed: report.rows };
  }

  channels({ after, limit }: ParametersOf<'channels'>): ChannelsReport {
    const found = new Map<string, Iterable<Audience>>();
    for (const [channel, audiences] of this.#services.hub.audiences()) {
      if (channel > after) found.set(channel, audiences);
    }
    const report = new BoundedList<ChannelReport>(limit);
    for (const [channel, audiences] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!report.add(describeChannel(channel, audiences))) break;
    }
    return { listed: report.rows, more: report.rows.length < found.size };
  }

  busiest({ by, limit }: ParametersOf<'busiest'>): BusyChannelReport[] {
    const report = new BoundedList<BusyChannelReport>(limit);
    for (const { name, messages, bytes } of busiest(
      this.#services.hub.traffic(),
      by,
      limit,
      performance.now(),
    ))
      report.add({ channel: name, messagesPerSecond: messages, bytesPerSecond: bytes });
    return report.rows;
  }

  subscribers({ channels }: ParametersOf<'subscribers'>): number[] {
    return channels.map((channel) => this.#services.hub.subscribersOf(channel));
  }

  session({ id }: ParametersOf<'session'>): SessionReport | null {
    const session = this.#sessionOf(id);
    return session === null ? null : describeSession(session);
  }

  disconnect({ id }: ParametersOf<'disconnect'>): boolean {
    const session = this.#sessionOf(id);
    session?.end('disconnected_by_operator');
    return session !== null;
  }

  #sessionOf(id: string): Session | null {
    for (const session of this.#services.sessions()) if (session.hasId(id)) return session;
    return null;
  }

  notice({ message }: ParametersOf<'notice'>): number {
    const sessions = [...this.#services.sessions()];
    void this.#send(sessions, { status: 'notice', message });
    return sessions.length;
  }

  async #send(sessions: readonly Session[], content: NoticeStatus): Promise<void> {
    const message = statusMessage(content, null);
    for (const [i, session] of sessions.entries()) {
      if (i % NOTICE_BATCH === 0) await this.#services.longWork.turn();
      session.sendEnvelope(message);
    }
  }
}

/** Rows up to a number and a length as JSON text. */
class BoundedList<T> {
  readonly #limit: number;
  readonly rows: T[] = [];
  #length = 0;
  #full = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get full(): boolean {
    return this.#full || this.rows.length >= this.#limit;
  }

  /** Adds a row if there is room for it; returns whether there was. */
  add(row: T): boolean {
    this.#length += JSON.stringify(row).length;
    this.#full ||= this.#length > MAX_REPORT_LENGTH;
    if (this.full) return false;
    this.rows.push(row);
    return true;
  }
}

function describeChannel(channel: string, audiences: Iterable<Audience>): ChannelReport {
  const row: ChannelReport = { channel, subscribers: 0, byCrs: {} };
  for (const { crs, size } of audiences) {
    row.subscribers += size;
    row.byCrs[crs] = (row.byCrs[crs] ?? 0) + size;
  }
  return row;
}

function describeAccount(account: Account): SessionReport['account'] {
  const { keyName: key, connections, subscriptions } = account;
  const limits = Object.entries(account.limits).filter(([, limit]) => Number.isFinite(limit));
  return { key, connections, subscriptions, limits: Object.fromEntries(limits) };
}

function describeSession(session: Session): SessionReport {
  const { id, transport, startedAt, address, subscriptions, view, outbox, membership } = session;
  const { bbox, boxOptions, boxCrs } = view;
  return {
    id,
    transport,
    since: startedAt,
    address,
    subscriptions: [...subscriptions.keys()].slice(0, MAX_LISTED_SUBSCRIPTIONS),
    subscriptionCount: subscriptions.size,
    view: {
      projection: view.crs.id,
      axisOrder: view.axisOrder,
      bbox: bbox && { left: bbox.minX, bottom: bbox.minY, right: bbox.maxX, top: bbox.maxY },
      boxCrs: boxCrs.id,
      trim: boxOptions.trim,
      hints: [...boxOptions.hints],
      namedHints: { ...boxOptions.namedHints },
      held: view.held,
    },
    buffer: outbox.bufferSize === 0 ? null : { size: outbox.bufferSize, ms: outbox.bufferMs },
    queuedBytes: outbox.bytes,
    account: membership.account && describeAccount(membership.account),
  };
}
