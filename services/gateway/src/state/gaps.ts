import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLoss } from '../sources/streams.js';

/** Number of sessions that are brought up to date at once, and the time until the next wave, in ms. */
const WAVE = 500;
const WAVE_MS = 100;

/** Replicas that share a Redis start at random within this time, in ms, to spread their reads. */
const SPREAD_MS = 500;

/** The subscriptions of one session, as a gap affects them. */
export interface GapSubscriptions {
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
 * Brings all sessions up to date after messages may have been missed, in waves. The sessions of one wave share their
 * reads, and live traffic continues for all others.
 */
export class GapRecovery {
  readonly #sessions: () => Iterable<GapSubscriptions>;
  #latest = 0;
  #closed = false;

  /** @param sessions returns the subscriptions of each current session */
  constructor(sessions: () => Iterable<GapSubscriptions>) {
    this.#sessions = sessions;
  }

  /** Messages of channels may have been missed until now. */
  resumed(): void {
    const at = performance.now();
    this.#latest = at;
    // If another gap has ended meanwhile, its waves cover this one too.
    void this.#inWaves(
      (subscriptions) => subscriptions.afterGap(at),
      () => this.#latest === at,
    );
  }

  /** Entries of a stream were lost until now. */
  lost(stream: string, reason: StreamLoss): void {
    // At once, so that no client mistakes an entry after the loss for the next one.
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

  async #inWaves(bringUpToDate: (of: GapSubscriptions) => void, isWanted = () => true): Promise<void> {
    await sleep(Math.random() * SPREAD_MS, undefined, { ref: false });
    const sessions = [...this.#sessions()];
    for (let i = 0; i < sessions.length; i += WAVE) {
      if (this.#closed || !isWanted()) return;
      for (const subscriptions of sessions.slice(i, i + WAVE)) bringUpToDate(subscriptions);
      await sleep(WAVE_MS, undefined, { ref: false });
    }
  }
}
