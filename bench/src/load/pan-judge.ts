import type { Judge, Verdict } from './judge.js';
import { type Box, boxOf, contains, pointX, pointY } from './world.js';

/** What one panning connection has requested and received. */
interface Pan {
  /** The first box, and each that was sent since. */
  boxes: Box[];
  /** How many of the sent boxes are confirmed. */
  confirmed: number;
  /** The earliest box that explains everything so far. */
  current: number;
  /** The next message to be accounted for. */
  next: number;
}

/**
 * Judges connections whose box changes meanwhile. Only the server knows between which two messages it applied a new
 * box. So the rule is: for each change there must be a moment, between sending and confirmation, such that the old
 * box applies to every message before it and the new box to every message after it.
 */
export class PanJudge implements Judge {
  readonly #first: number;
  readonly #pans: Pan[];
  #delivered = 0;
  #missing = 0;
  #extra = 0;
  #reordered = 0;

  constructor(first: number, connections: number, share: number) {
    this.#first = first;
    this.#pans = Array.from({ length: connections }, (_, c) => ({
      boxes: [boxOf(c, share)],
      confirmed: 0,
      current: 0,
      next: first,
    }));
  }

  /** A new box was sent. */
  sent(c: number, box: Box): void {
    this.#pans[c]?.boxes.push(box);
  }

  /** The server has confirmed everything up to the oldest unconfirmed box. */
  confirmed(c: number): void {
    const pan = this.#pans[c];
    if (pan !== undefined && pan.confirmed < pan.boxes.length - 1) pan.confirmed++;
  }

  received(c: number, k: number): void {
    const pan = this.#pans[c];
    if (pan === undefined || k < this.#first) {
      this.#extra++;
      return;
    }
    if (k < pan.next) {
      this.#reordered++;
      return;
    }
    this.#skip(pan, k);
    pan.current = Math.max(pan.current, pan.confirmed);
    if (this.#explained(pan, k, true)) this.#delivered++;
    else this.#extra++;
    pan.next = k + 1;
  }

  acked(): number {
    return 0;
  }

  outstanding(): null {
    return null;
  }

  verdict(published: number): Verdict {
    for (const pan of this.#pans) this.#skip(pan, this.#first + published);
    return {
      expected: this.#delivered + this.#missing,
      delivered: this.#delivered,
      missing: this.#missing,
      extra: this.#extra,
      reordered: this.#reordered,
    };
  }

  /** Accounts for the messages before `k`, which did not arrive. */
  #skip(pan: Pan, k: number): void {
    for (; pan.next < k; pan.next++) if (!this.#explained(pan, pan.next, false)) this.#missing++;
  }

  /** Whether some box from the current one on explains the message; it becomes the current one. */
  #explained(pan: Pan, k: number, came: boolean): boolean {
    const [x, y] = [pointX(k), pointY(k)];
    for (let i = pan.current; i < pan.boxes.length; i++) {
      const box = pan.boxes[i];
      if (box === undefined || contains(box, x, y) !== came) continue;
      pan.current = i;
      return true;
    }
    return false;
  }
}
