import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLoss } from '../sources/streams.js';

/** So many sessions are brought up to date at once, and then, after so many milliseconds, the next ones. */
const WAVE = 500;
const WAVE_MS = 100;

/** Replicas that share a Redis begin at random within so many milliseconds. */
const SPREAD_MS = 500;

/** The subscriptions of one session, as gaps concern them. */
export interface Affected {
  /**
   * Messages may have been missed.
   *
   * @param at when the gap ended, in ms on the clock of `performance.now()`
   */
  afterGap(at: number): void;
  /** Entries of a stream were lost; called in the session's turn. */
  afterLoss(stream: string): void;
  /** Entries of a stream were lost; called at once. */
  lost(stream: string, reason: StreamLoss): void;
  /** The source denies a channel: its subscription has ended. */
  denied(channel: string): void;
}

/**
 * Brings all sessions up to date after messages may have been missed, a few at a time: those of one wave share their
 * reads, and live traffic goes on for all others.
 */
export class GapRecovery {
  readonly #sessions: () => Iterable<Affected>;
  #latest = 0;
  #closed = false;

  /** @param sessions those that there are, each as its subscriptions */
  constructor(sessions: () => Iterable<Affected>) {
    this.#sessions = sessions;
  }

  /** Messages of channels were missed, until now. */
  resumed(): void {
    const at = performance.now();
    this.#latest = at;
    // Where another gap has ended meanwhile, its own waves cover this one.
    void this.#inWaves(
      (subscriptions) => subscriptions.afterGap(at),
      () => this.#latest === at,
    );
  }

  /** Entries of a stream were missed, until now. */
  lost(stream: string, reason: StreamLoss): void {
    // At once, so that no client takes an entry after the loss for the next one.
    for (const subscriptions of this.#sessions()) subscriptions.lost(stream, reason);
    void this.#inWaves((subscriptions) => subscriptions.afterLoss(stream));
  }

  /** The source denies a channel. */
  denied(channel: string): void {
    for (const subscriptions of this.#sessions()) subscriptions.denied(channel);
  }

  close(): void {
    this.#closed = true;
  }

  async #inWaves(bringUpToDate: (of: Affected) => void, isWanted = () => true): Promise<void> {
    await sleep(Math.random() * SPREAD_MS, undefined, { ref: false });
    const sessions = [...this.#sessions()];
    for (let i = 0; i < sessions.length; i += WAVE) {
      if (this.#closed || !isWanted()) return;
      for (const subscriptions of sessions.slice(i, i + WAVE)) bringUpToDate(subscriptions);
      await sleep(WAVE_MS, undefined, { ref: false });
    }
  }
}
