import type { Claimant } from '../state/fair-queue.js';
import { AT_ONCE, FairRounds, ROUND_MS } from '../state/fair-rounds.js';

/**
 * Divides the event loop between work for clients and everything else. Work for clients is the commands of all
 * sessions, the handshakes of new sessions, and requests over HTTP. It runs at once while the round has time
 * left. When the time of a round is spent, it waits, and networks and their sessions take turns: many commands of one
 * of them do not delay those of another.
 */
export class ClientWork {
  #spentMs = 0;
  /** When the current measurement began; null if there is none. */
  #measuredSince: number | null = null;
  readonly #rounds: FairRounds;

  /** @param flush as for {@link FairRounds} */
  constructor(flush: () => void) {
    const begin = (): void => {
      this.#spentMs = 0;
    };
    const flushCharged = (): void => {
      const begun = performance.now();
      flush();
      this.charge(performance.now() - begun);
    };
    this.#rounds = new FairRounds(begin, () => this.#isSpent, flushCharged);
  }

  get #isSpent(): boolean {
    const begun = this.#measuredSince;
    const measuredMs = begun === null ? 0 : performance.now() - begun;
    return this.#spentMs + measuredMs >= ROUND_MS;
  }

  get #mustWait(): boolean {
    return this.#isSpent || this.#rounds.isAwaited;
  }

  /** Resolves when it is the session's turn, or when it has ended; undefined if its turn is now. Charges nothing. */
  turn(session: Claimant): Promise<void> | undefined {
    return this.#mustWait ? this.#rounds.turn(session) : undefined;
  }

  /**
   * Begins work for a session, which is charged as {@link measure} describes. Resolves when it is the session's turn, or when
   * it has ended; undefined if its turn is now.
   */
  begin(session: Claimant): Promise<void> | undefined {
    if (this.#mustWait) return this.beginAlone(session);
    this.measure();
    return undefined;
  }

  /** Like {@link begin}, but even if there is time, no two sessions begin together: each has a turn of its own. */
  async beginAlone(session: Claimant): Promise<void> {
    await this.#rounds.turn(session);
    this.measure();
  }

  /** Does work of a running command when it is the session's turn. */
  async work<T>(session: Claimant, work: () => T): Promise<T> {
    await this.#rounds.turn(session);
    const begun = performance.now();
    try {
      return work();
    } finally {
      this.charge(performance.now() - begun);
    }
  }

  /** Charges the time from now until the event loop continues, as for a command. */
  measure(): void {
    if (this.#measuredSince !== null) return;
    this.#measuredSince = performance.now();
    void AT_ONCE.then(this.#endMeasurement);
  }

  /** Runs as a microtask. The next tick runs after all of them, and so after all work that follows without waiting for I/O. */
  readonly #endMeasurement = (): void => process.nextTick(this.#measured);

  readonly #measured = (): void => {
    const begun = this.#measuredSince;
    this.#measuredSince = null;
    if (begun !== null) this.charge(performance.now() - begun);
  };

  /** @param ms how long a command held the event loop */
  charge(ms: number): void {
    this.#spentMs += ms;
    if (this.#isSpent) this.#rounds.start();
  }
}
