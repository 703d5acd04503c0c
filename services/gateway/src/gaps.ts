import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLoss } from './sources/streams.js';
import type { Subscriptions } from './subscriptions.js';

/** So many sessions are brought up to date at once, and then, after so many milliseconds, the next ones. */
const WAVE = 500;
const WAVE_MS = 100;

/** Replicas that share a Redis begin at random within so many milliseconds. */
const SPREAD_MS = 500;

/**
 * Brings all sessions up to date after messages may have been missed, a few at a time: those of one wave share their
 * reads, and live traffic goes on for all others.
 */
export class GapRecovery {
  #latest = 0;
  #closed = false;

  /** @param sessions those that there are, each as its subscriptions */
  constructor(private readonly sessions: () => Iterable<Pick<Subscriptions, 'afterGap' | 'lost'>>) {}

  /** Messages of channels were missed, until now. */
  resumed(): void {
    void this.#afterGap();
  }

  /** Entries of a stream were missed, until now. */
  lost(stream: string, reason: StreamLoss): void {
    // At once, so that no client takes an entry after the loss for the next one.
    for (const subscriptions of this.sessions()) subscriptions.lost(stream, reason);
    void this.#afterGap();
  }

  close(): void {
    this.#closed = true;
  }

  async #afterGap(): Promise<void> {
    const at = performance.now();
    this.#latest = at;
    await sleep(Math.random() * SPREAD_MS, undefined, { ref: false });
    const sessions = [...this.sessions()];
    for (let i = 0; i < sessions.length; i += WAVE) {
      // Where another gap has ended meanwhile, its own waves cover this one.
      if (this.#closed || this.#latest !== at) return;
      for (const subscriptions of sessions.slice(i, i + WAVE)) subscriptions.afterGap(at);
      await sleep(WAVE_MS, undefined, { ref: false });
    }
  }
}
