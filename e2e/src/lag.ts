import { now } from './time.js';

const EVERY_MS = 20;

/** How late this process is at times: the time of an event may be recorded this much too late. */
export class Lag {
  readonly #late: { at: number; ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let due = now() + EVERY_MS;
    this.#timer = setInterval(() => {
      const at = now();
      if (at - due > EVERY_MS) this.#late.push({ at, ms: at - due });
      due = at + EVERY_MS;
    }, EVERY_MS);
  }

  /** Maximum lag around a moment, in milliseconds. */
  around(moment: number): number {
    const near = this.#late.filter(({ at, ms }) => moment >= at - ms - EVERY_MS && moment <= at + EVERY_MS);
    return near.reduce((most, { ms }) => Math.max(most, ms), 0);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
