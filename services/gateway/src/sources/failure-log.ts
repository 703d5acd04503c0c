import type { SourceLogger } from './source.js';

/** Shortest time between two reports while nothing gets better, in milliseconds. */
const REPORT_INTERVAL_MS = 30_000;

/**
 * Reports what goes wrong with a connection: the first failure at once, then, while the trouble lasts, at
 * most one every half minute, with the number of those left out. Never shows a password, whatever the other
 * side puts into its errors.
 */
export class FailureLog {
  readonly #logger: SourceLogger;
  readonly #fields: object;
  readonly #secrets: readonly string[];
  #reportedAt = Number.NEGATIVE_INFINITY;
  #leftOut = 0;

  /**
   * @param fields what every report carries
   * @param secrets texts that are struck out of reports
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

  /** The trouble is over: the next failure is reported at once. */
  reset(): void {
    this.#reportedAt = Number.NEGATIVE_INFINITY;
    this.#leftOut = 0;
  }

  #redact(text: string): string {
    return this.#secrets.reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
  }
}

/** An error's text. Where a host has several addresses and all fail, Node gives an error that has only a code. */
function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure);
  if (failure.message !== '') return failure.message;
  return 'code' in failure ? String(failure.code) : failure.name;
}
