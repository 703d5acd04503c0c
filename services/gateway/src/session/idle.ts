import type { Session } from './session.js';

/** How often sessions are looked at within the timeout, so that one ends at most a quarter late. */
const CHECKS_PER_TIMEOUT = 4;

/** Ends sessions that want nothing: without a subscription, and without a command for a while. */
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
