import type { Claimant } from '../state/fair-queue.js';
import { FairRounds } from '../state/fair-rounds.js';

/** How long commands, handshakes and requests may hold the event loop in one of its rounds, in ms. Messages have the rest. */
const ROUND_MS = 5;

/**
 * Divides the event loop between what clients ask for and everything else: the commands of all sessions, the handshakes of
 * clients that become sessions, and requests to the HTTP API. One that arrives while there is time runs at once. When the time
 * of a round is spent, they wait, and networks and their sessions take turns: many commands of one of them do not delay those
 * of another.
 */
export class CommandTurns {
  #spentMs = 0;
  /** When what is being measured began; null for nothing. */
  #measuredSince: number | null = null;
  readonly #rounds = new FairRounds(
    () => {
      this.#spentMs = 0;
    },
    () => this.#isSpent,
  );

  get #isSpent(): boolean {
    const since = this.#measuredSince;
    const measuredMs = since === null ? 0 : performance.now() - since;
    return this.#spentMs + measuredMs >= ROUND_MS;
  }

  /** Whether the next command has to wait for its turn. */
  get mustWait(): boolean {
    return this.#isSpent || this.#rounds.isAwaited;
  }

  /** Resolves when it is the session's turn, or when it has ended. */
  next(session: Claimant): Promise<void> {
    return this.#rounds.turn(session);
  }

  /** Does work of a running command when it is the session's turn. */
  async work<T>(session: Claimant, work: () => T): Promise<T> {
    await this.next(session);
    const begun = performance.now();
    try {
      return work();
    } finally {
      this.charge(performance.now() - begun);
    }
  }

  /** Counts as a command what holds the event loop from now on, until it continues. */
  measure(): void {
    if (this.#measuredSince !== null) return;
    const begun = performance.now();
    this.#measuredSince = begun;
    // The next tick comes after all microtasks, and so after all that does not wait for anything else.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#measuredSince = null;
        this.charge(performance.now() - begun);
      }),
    );
  }

  /** @param ms how long a command held the event loop */
  charge(ms: number): void {
    this.#spentMs += ms;
    if (this.#isSpent) this.#rounds.start();
  }
}
