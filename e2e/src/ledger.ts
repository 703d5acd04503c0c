import type { Lag } from './lag.js';
import { now } from './time.js';

/** A time in which a client was subscribed, as the client knows it. */
interface Stretch {
  from: number;
  to: number;
  /** Number of the newest message in it. */
  newest: number;
}

/** A message that clients should have received. */
export interface News {
  number: number;
  /** When its producer started to publish it. */
  begun: number;
  /** When the last of all receiving clients had it. */
  arrived: number;
}

/** What one client experienced between two moments. */
export interface Sight {
  /** Published messages that never reached it. */
  missed: number;
  /** Those of them that were published while it was subscribed: only a fault can explain them. */
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
 * we learn about the close. For this many milliseconds, nobody is to blame.
 */
const DOUBT_MS = 250;

/**
 * Records of one client: which messages it received and when, when it was subscribed, which commands it sent and
 * which were answered.
 */
export class Ledger {
  readonly #receivedAt = new Map<number, number>();
  readonly #stretches: Stretch[] = [];
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
    return this.#stretches.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  attempted(): void {
    this.#attempts.push(now());
  }

  subscribed(): void {
    if (!this.isSubscribed) {
      this.#stretches.push({ from: now(), to: Number.POSITIVE_INFINITY, newest: -1 });
    }
  }

  lost(): void {
    const stretch = this.#stretches.at(-1);
    if (stretch !== undefined && this.isSubscribed) stretch.to = now();
  }

  received(number: number): void {
    this.#receivedAt.set(number, now());
    this.#newest = Math.max(this.#newest, number);
    const stretch = this.#stretches.at(-1);
    if (stretch !== undefined) stretch.newest = Math.max(stretch.newest, number);
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
   * @param news the messages of that time
   * @param lag of this process
   */
  sight(from: number, to: number, news: readonly News[], lag: Lag): Sight {
    const missed = news.filter(({ number }) => !this.#receivedAt.has(number));
    const commands = [...this.#commands.values()].filter(({ sentAt }) => sentAt >= from && sentAt <= to);
    return {
      missed: missed.length,
      missedWhileSubscribed: missed.filter((message) => this.#wasDue(message, lag)).length,
      secondsWithoutData: this.#longestGap(from, to) / 1000,
      losses: this.#stretches.filter((stretch) => stretch.to >= from && stretch.to <= to).length,
      commands: commands.length,
      unanswered: commands.filter(({ answered }) => !answered).length,
    };
  }

  /**
   * Whether a message should have arrived: others received it while we were subscribed, or we received a later one
   * before the end.
   */
  #wasDue({ number, begun, arrived }: News, lag: Lag): boolean {
    return this.#stretches.some((stretch) => {
      if (begun < stretch.from || begun > stretch.to) return false;
      return arrived <= stretch.to - DOUBT_MS - lag.around(stretch.to) || number < stretch.newest;
    });
  }

  #longestGap(from: number, to: number): number {
    const times = [...this.#receivedAt.values()].filter((at) => at >= from && at <= to);
    const moments = [from, ...times.sort((a, b) => a - b), to];
    return moments.reduce((longest, at, i) => Math.max(longest, at - (moments[i - 1] ?? at)), 0);
  }
}
