import type { SourceLogger } from './source.js';

/** The shortest time between two reports while the failures last, in milliseconds. */
const REPORT_INTERVAL_MS = 30_000;

/**
 * Reports the failures of a connection: the first one at once, then, while they last, at most one every half minute, with
 * the number of those left out. Never shows a password, whatever the errors of the other side contain.
 */
export class FailureLog {
  readonly #logger: SourceLogger;
  readonly #fields: object;
  readonly #secrets: readonly string[];
  #reportedAt = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  /**
   * @param fields of every report
   * @param secrets texts that reports must not show
   */
  constructor(logger: SourceLogger, fields: object, secrets: readonly string[]) {
    this.#logger = logger;
    this.#fields = fields;
    this.#secrets = secrets;
  }

  report(message: string, failure: unknown): void {
    const now = performance.now();
    if (now - this.#reportedAt < REPORT_INTERVAL_MS) {
      this.#leftOut += 1;
      return;
    }
    const error = this.#redact(describe(failure));
    this.#logger.error({ ...this.#fields, error, failures_left_out: this.#leftOut }, message);
    this.#reportedAt = now;
    this.#leftOut = 0;
  }

  /** The connection works again: the next failure is reported at once. */
  reset(): void {
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.#leftOut = 0;
  }

  #redact(text: string): string {
    return this.#secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
  }
}

/** An error's text. If all of a host's addresses fail, Node's error has a code but no text. */
function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.message !== '') return failure.message;
  return 'code' in failure ? String(failure.code) : failure.name;
}
