/** Counts passed and failed checks, and prints each at once. */
export class Tally {
  #passed = 0;
  readonly #failures: string[] = [];
  readonly #started = performance.now();
  readonly #only: RegExp;

  /** @param only runs only the parts whose title matches it */
  constructor(only = '') {
    this.#only = new RegExp(only, 'u');
  }

  /** Records whether a check passed. `detail` is printed in either case, such as the measured number. */
  expect(title: string, holds: boolean, detail = ''): void {
    const line = detail === '' ? title : `${title} (${detail})`;
    if (holds) this.#passed += 1;
    else this.#failures.push(line);
    this.say(`${holds ? 'ok    ' : 'FAILED'} ${line}`);
  }

  /** Runs a part of the run. An error in it is one failure, and the next part continues. */
  async part(title: string, work: () => Promise<void>): Promise<void> {
    if (!this.#only.test(title)) return;
    this.say(`▸ ${title}`);
    try {
      await work();
    } catch (error) {
      this.expect(title, false, error instanceof Error ? error.message : String(error));
    }
  }

  /** A line with the time since the start. */
  say(line: string): void {
    const seconds = Math.round((performance.now() - this.#started) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${line}`);
  }

  /** The result; `notes` explains each failure. */
  get result(): { passed: number; failed: number; notes: string[] } {
    return { passed: this.#passed, failed: this.#failures.length, notes: [...this.#failures] };
  }
}
