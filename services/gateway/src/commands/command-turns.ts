import { type Claimant, FairQueue } from '../state/fair-queue.js';

/** How long commands may hold the event loop in one of its rounds, in ms. Messages have the rest. */
const ROUND_MS = 5;

/**
 * Divides the event loop between the commands of all sessions and everything else. A command that arrives while there is time
 * runs at once. When the time of a round is spent, commands wait, and networks and their sessions take turns: many
 * commands of one of them do not delay those of another.
 */
export class CommandTurns {
  readonly #waiting = new FairQueue<() => void>((resolve) => resolve());
  #spentMs = 0;
  #roundEnds = false;

  /** Whether the next command has to wait for its turn. */
  get mustWait(): boolean {
    return this.#spentMs >= ROUND_MS || this.#waiting.size > 0;
  }

  /** Resolves when it is the session's turn, or when it has ended. */
  next(session: Claimant): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve, session);
      this.#endRound();
    });
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

  /** @param ms how long a command held the event loop */
  charge(ms: number): void {
    this.#spentMs += ms;
    if (this.#spentMs >= ROUND_MS) this.#endRound();
  }

  #endRound(): void {
    if (this.#roundEnds) return;
    this.#roundEnds = true;
    setImmediate(this.#beginRound);
  }

  readonly #beginRound = (): void => {
    this.#roundEnds = false;
    this.#spentMs = 0;
    this.#give();
  };

  readonly #give = (): void => {
    if (this.#spentMs >= ROUND_MS) {
      this.#endRound();
      return;
    }
    const resolve = this.#waiting.take();
    if (resolve === undefined) return;
    resolve();
    // The command runs in the microtasks before the next tick.
    queueMicrotask(() => process.nextTick(this.#give));
  };
}
