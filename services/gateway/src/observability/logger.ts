import type { Logger } from 'pino';

/** Lines with the same message are logged at most once in this time, in ms. */
const INTERVAL_MS = 10_000;

/** Logs what a publisher or a broken network could cause a thousand times a second. */
export class RateLimitedLogger {
  readonly #logger: Logger;
  readonly #last = new Map<string, { at: number; suppressed: number }>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param message fixed text, which identifies repetitions; details belong in `fields` */
  warn(fields: object, message: string): void {
    const now = performance.now();
    const last = this.#last.get(message);
    if (last !== undefined && now - last.at < INTERVAL_MS) {
      last.suppressed++;
      return;
    }
    this.#last.set(message, { at: now, suppressed: 0 });
    this.#logger.warn(last?.suppressed ? { ...fields, suppressed: last.suppressed } : fields, message);
  }
}
