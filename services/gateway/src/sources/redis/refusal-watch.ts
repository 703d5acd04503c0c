import { replyCode } from './errors.js';
import { backOffMs } from './options.js';

/** What Redis answers if it serves nobody at the moment: it runs a script, loads its data, or has lost its master. */
const REFUSALS = new Set(['BUSY', 'LOADING', 'MASTERDOWN']);

/** With what PING fails although Redis serves: it was slow, or PING alone is denied. */
const NO_REFUSALS = new Set(['', 'NOPERM']);

/** Knows whether Redis refuses everything although there is a connection. */
export class RefusalWatch {
  readonly #ping: () => Promise<unknown>;
  readonly #changed: () => void;
  #refusals = 0;
  #looking = false;
  #next: NodeJS.Timeout | undefined;
  #closed = false;

  /**
   * @param ping rejects with a `SourceError` whose cause is what Redis answered
   * @param changed `refused` has changed
   */
  constructor(ping: () => Promise<unknown>, changed: () => void) {
    this.#ping = ping;
    this.#changed = changed;
  }

  get refused(): boolean {
    return this.#refusals > 0;
  }

  /** A command was refused with that code, or an empty one. */
  notice(code: string): void {
    if (REFUSALS.has(code)) void this.look();
  }

  /** Asks Redis; as long as it refuses, again and again. */
  async look(): Promise<void> {
    if (this.#looking || this.#closed) return;
    this.#looking = true;
    clearTimeout(this.#next);
    const answer = await this.#ping().catch((error: unknown) => error);
    this.#looking = false;
    if (this.#closed) return;
    const before = this.refused;
    const refuses = answer instanceof Error && !NO_REFUSALS.has(replyCode(answer.cause));
    this.#refusals = refuses ? this.#refusals + 1 : 0;
    if (refuses) this.#next = setTimeout(() => void this.look(), backOffMs(this.#refusals));
    if (before !== this.refused) this.#changed();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#next);
  }
}
