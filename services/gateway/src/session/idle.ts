import type { Session } from './session.js';

/** Number of checks within the timeout: a session ends late by at most a quarter of it. */
const CHECKS_PER_TIMEOUT = 4;

/** Ends idle sessions: those without a subscription that have sent no command for the timeout. */
export class IdleWatch {
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs 0 for none */
  constructor(timeoutMs: number, sessions: () => Iterable<Pick<Session, 'activeAt' | 'end'>>) {
    if (timeoutMs === 0) return;
    const check = (): void => {
      const now = performance.now();
      for (const session of sessions()) {
        if (now - session.activeAt(now) >= timeoutMs) session.end('idle_timeout');
      }
    };
    this.#timer = setInterval(check, Math.ceil(timeoutMs / CHECKS_PER_TIMEOUT));
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
