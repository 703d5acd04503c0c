import { replyCode } from './errors.js';
import { backOffMs } from './options.js';

/** The codes of a Redis that refuses every command: it runs a script, loads its data, or has lost its master. */
const REFUSALS = new Set(['BUSY', 'LOADING', 'MASTERDOWN']);

/** The errors of a PING although Redis serves: it was slow, or it denies PING alone. */
const NO_REFUSALS = new Set(['', 'NOPERM']);

/** Watches whether Redis refuses everything although there is a connection. */
export class RefusalWatch {
  readonly #ping: () => Promise<unknown>;
  readonly #changed: () => void;
  #refusals = 0;
  #checking = false;
  #next: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param ping rejects with a `SourceError` whose cause is the answer of Redis
   * @param changed called when `refused` has changed
   */
  constructor(ping: () => Promise<unknown>, changed: () => void) {
    this.#ping = ping;
    this.#changed = changed;
  }

  get refused(): boolean {
    return this.#refusals > 0;
  }

  /** Redis refused a command with this code, which may be empty. */
  notice(code: string): void {
    if (REFUSALS.has(code)) void this.check();
  }

  /** Asks Redis, and repeats that while it refuses. */
  async check(): Promise<void> {
    if (this.#checking || this.#closed) return;
    this.#checking = true;
    clearTimeout(this.#next);
    const answer = await this.#ping().catch((error: unknown) => error);
    this.#checking = false;
    if (this.#closed) return;
    const before = this.refused;
    const refuses = answer instanceof Error && !NO_REFUSALS.has(replyCode(answer.cause));
    this.#refusals = refuses ? this.#refusals + 1 : 0;
    if (refuses) this.#next = setTimeout(() => void this.check(), backOffMs(this.#refusals));
    if (before !== this.refused) this.#changed();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#next);
  }
}
