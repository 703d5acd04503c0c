import { sleep, until } from '@viaduct/testkit/wait';
import type { Client, TransportName } from './client.js';
import { Lag } from './lag.js';
import type { ClientReport, PublishedMessage } from './ledger.js';
import type { Publisher } from './publisher.js';
import { now } from './time.js';

/** What a crowd of clients experienced between two moments. */
export interface CrowdReport {
  clients: number;
  /** Clients that lost their connection, missed a message or received no data for a second. */
  affected: number;
  /** Messages that Redis received for the crowd's channel. */
  published: number;
  /** The longest time without data of any client. */
  secondsWithoutData: number;
  /** Number of missed messages of the client that missed the most. */
  missed: number;
  /** Messages that subscribed clients missed, over all clients. */
  missedWhileSubscribed: number;
  /** The same by transport, as ` (raw 3, ...)`; empty if there were none. */
  missedBy: string;
  losses: number;
  commands: number;
  unanswered: number;
}

/** A client counts as up to date if it is at most this many messages behind. */
const LAG = 3;

/** A message or answer counts as missed after this time, in milliseconds. */
const UNDER_WAY_MS = 2000;

/** Clients of one channel, which stay subscribed and each send a command every second. */
export class Crowd {
  readonly clients: readonly Client[];
  readonly #publisher: Publisher;
  readonly #lag = new Lag();
  readonly #timer: NodeJS.Timeout;

  constructor(clients: readonly Client[], publisher: Publisher) {
    this.clients = clients;
    this.#publisher = publisher;
    let turn = 0;
    // Evenly over the second, so that the commands do not arrive all at once.
    this.#timer = setInterval(() => {
      for (let i = turn; i < clients.length; i += ASKING_TURNS) clients[i]?.ask();
      turn = (turn + 1) % ASKING_TURNS;
    }, 1000 / ASKING_TURNS);
  }

  /** Waits until every client is subscribed and receives new messages. */
  async settled(deadlineMs = 60_000): Promise<void> {
    const isBehind = ({ ledger }: Client) =>
      !ledger.isSubscribed || ledger.newest < this.#publisher.newest - LAG;
    await until(
      () => !this.clients.some((client) => isBehind(client)),
      'all clients to be subscribed and up to date',
      { withinMs: deadlineMs },
    );
  }

  /** What the clients experienced between two moments; waits for messages that are still on their way. */
  async report(from: number, to: number): Promise<CrowdReport> {
    await sleep(Math.max(0, to + UNDER_WAY_MS - now()));
    const messages = this.#messages(from, to);
    const reports = this.clients.map(({ ledger }) => ledger.report(from, to, messages, this.#lag));
    return {
      clients: reports.length,
      affected: reports.filter(isAffected).length,
      published: messages.length,
      secondsWithoutData: greatest(reports, ({ secondsWithoutData }) => secondsWithoutData),
      missed: greatest(reports, ({ missed }) => missed),
      missedWhileSubscribed: total(reports, ({ missedWhileSubscribed }) => missedWhileSubscribed),
      missedBy: this.#missedBy(reports),
      losses: total(reports, ({ losses }) => losses),
      commands: total(reports, ({ commands }) => commands),
      unanswered: total(reports, ({ unanswered }) => unanswered),
    };
  }

  /** Maximum number of attempts to connect, of all clients together, in any second between two moments. */
  busiestSecond(from: number, to: number): number {
    const attempts = this.clients
      .flatMap(({ ledger }) => ledger.attempts.filter((at) => at >= from && at <= to))
      .sort((a, b) => a - b);
    let first = 0;
    return attempts.reduce((most, at, i) => {
      while ((attempts[first] ?? at) < at - 1000) first += 1;
      return Math.max(most, i - first + 1);
    }, 0);
  }

  /** The messages that were published between two moments. */
  #messages(from: number, to: number): PublishedMessage[] {
    const published = [...this.#publisher.begun].filter(([, begun]) => begun >= from && begun <= to);
    return published.map(([number, begun]) => {
      const arrivals = this.clients.map(({ ledger }) => ledger.receivedAt(number) ?? begun);
      return { number, begun, arrived: arrivals.reduce((last, at) => Math.max(last, at), begun) };
    });
  }

  #missedBy(reports: readonly ClientReport[]): string {
    const byTransport = new Map<TransportName, number>();
    for (const [i, { missedWhileSubscribed }] of reports.entries()) {
      const transport = this.clients[i]?.transport;
      if (transport === undefined || missedWhileSubscribed === 0) continue;
      byTransport.set(transport, (byTransport.get(transport) ?? 0) + missedWhileSubscribed);
    }
    const parts = [...byTransport].map(([transport, count]) => `${transport}: ${count}`);
    return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#lag.stop();
    for (const client of this.clients) client.stop();
  }
}

const ASKING_TURNS = 10;

function isAffected({ losses, missed, secondsWithoutData }: ClientReport): boolean {
  return losses > 0 || missed > 0 || secondsWithoutData > 1;
}

function total(reports: readonly ClientReport[], value: (report: ClientReport) => number): number {
  return reports.reduce((sum, report) => sum + value(report), 0);
}

function greatest(reports: readonly ClientReport[], value: (report: ClientReport) => number): number {
  return reports.reduce((most, report) => Math.max(most, value(report)), 0);
}
