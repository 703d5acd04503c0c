import type { Lag } from './lag.js';
import { now } from './time.js';

/** A period in which a client was subscribed, as the client knows it. */
interface SubscribedPeriod {
  from: number;
  to: number;
  /** Number of the newest message in it. */
  newest: number;
}

/** A message that clients should have received. */
export interface PublishedMessage {
  number: number;
  /** When its producer started to publish it. */
  begun: number;
  /** When the last of the clients that received it had it. */
  arrived: number;
}

/** What one client experienced between two moments. */
export interface ClientReport {
  /** Published messages that never reached it. */
  missed: number;
  /** The missed messages that were published while it was subscribed: only a fault can explain them. */
  missedWhileSubscribed: number;
  /** Longest time between two messages, in seconds. */
  secondsWithoutData: number;
  /** Number of lost connections. */
  losses: number;
  commands: number;
  unanswered: number;
}

/**
 * A gateway may close a connection just before it reads a message, and other clients may receive that message before
 * we learn about the close. Messages that arrive elsewhere less than this before the close do not count as faults, in ms.
 */
const CLOSE_GRACE_MS = 250;

/**
 * Records of one client: which messages it received and when, when it was subscribed, which commands it sent and
 * which were answered.
 */
export class Ledger {
  readonly #receivedAt = new Map<number, number>();
  readonly #periods: SubscribedPeriod[] = [];
  readonly #attempts: number[] = [];
  readonly #commands = new Map<string, { sentAt: number; answered: boolean }>();
  #newest = -1;

  /** Number of the newest message. */
  get newest(): number {
    return this.#newest;
  }

  /** Times at which it tried to connect. */
  get attempts(): readonly number[] {
    return this.#attempts;
  }

  get isSubscribed(): boolean {
    return this.#periods.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  attempted(): void {
    this.#attempts.push(now());
  }

  subscribed(): void {
    if (!this.isSubscribed) {
      this.#periods.push({ from: now(), to: Number.POSITIVE_INFINITY, newest: -1 });
    }
  }

  lost(): void {
    const period = this.#periods.at(-1);
    if (period !== undefined && this.isSubscribed) period.to = now();
  }

  received(number: number): void {
    this.#receivedAt.set(number, now());
    this.#newest = Math.max(this.#newest, number);
    const period = this.#periods.at(-1);
    if (period !== undefined) period.newest = Math.max(period.newest, number);
  }

  /** When a message arrived; undefined if it did not. */
  receivedAt(number: number): number | undefined {
    return this.#receivedAt.get(number);
  }

  asked(reference: string): void {
    this.#commands.set(reference, { sentAt: now(), answered: false });
  }

  answered(reference: string): void {
    const command = this.#commands.get(reference);
    if (command !== undefined) command.answered = true;
  }

  /**
   * @param from start of the time, and `to` its end, as {@link now} returns them
   * @param messages the messages of that time
   * @param lag of this process
   */
  report(from: number, to: number, messages: readonly PublishedMessage[], lag: Lag): ClientReport {
    const missed = messages.filter(({ number }) => !this.#receivedAt.has(number));
    const commands = [...this.#commands.values()].filter(({ sentAt }) => sentAt >= from && sentAt <= to);
    return {
      missed: missed.length,
      missedWhileSubscribed: missed.filter((message) => this.#wasDue(message, lag)).length,
      secondsWithoutData: this.#longestGap(from, to) / 1000,
      losses: this.#periods.filter((period) => period.to >= from && period.to <= to).length,
      commands: commands.length,
      unanswered: commands.filter(({ answered }) => !answered).length,
    };
  }

  /**
   * Whether a message should have arrived: others received it while we were subscribed, or we received a later one
   * before the end.
   */
  #wasDue({ number, begun, arrived }: PublishedMessage, lag: Lag): boolean {
    return this.#periods.some((period) => {
      if (begun < period.from || begun > period.to) return false;
      return arrived <= period.to - CLOSE_GRACE_MS - lag.around(period.to) || number < period.newest;
    });
  }

  #longestGap(from: number, to: number): number {
    const times = [...this.#receivedAt.values()].filter((at) => at >= from && at <= to);
    const moments = [from, ...times.sort((a, b) => a - b), to];
    return moments.reduce((longest, at, i) => Math.max(longest, at - (moments[i - 1] ?? at)), 0);
  }
}
