import type { FeedReport } from '../../../src/feed.js';
import type { Pan } from '../pan.js';
import { Chart } from './chart.js';
import { byId, setText } from './dom.js';
import { byteSize, milliseconds, percent, whole } from './format.js';
import { History } from './history.js';

/** Delays outside these limits, in milliseconds, come from clocks that disagree: below zero, or a minute and more. */
const LONGEST_DELAY_MS = 60_000;

/** How much the gateway filters, and the cost of the rest. */
export class Figures {
  readonly #history = new History();
  readonly #chart = new Chart();
  #delays: number[] = [];
  #report: FeedReport | null = null;
  /** How many vehicles are on the map. */
  #count: () => number = () => 0;

  constructor() {
    setInterval(() => this.#tick(), 1000);
  }

  /** @param count returns how many vehicles are on the map */
  countWith(count: () => number): void {
    this.#count = count;
  }

  updated(count: number, delays: readonly number[]): void {
    this.#history.receive(count);
    this.#delays.push(...delays);
  }

  received(bytes: number): void {
    this.#history.receiveBytes(bytes);
  }

  reported(report: FeedReport): void {
    this.#report = report;
    this.#history.publish(report.published);
    setText(byId('speedup', HTMLElement), `${whole(report.speedup)} times real time`);
  }

  panned({ entered, left, bytes }: Pan): void {
    setText(byId('entered', HTMLElement), whole(entered));
    setText(byId('left', HTMLElement), whole(left));
    setText(byId('pan-bytes', HTMLElement), byteSize(bytes));
  }

  /** The connection is lost, so what was published meanwhile is unknown. */
  interrupted(): void {
    this.#report = null;
    this.#history.publish(0);
  }

  #tick(): void {
    this.#history.tick();
    this.#chart.draw(this.#history.seconds);
    this.#show();
    this.#delays = [];
  }

  #show(): void {
    const { received, published, bytes } = this.#history.recent();
    const all = this.#report === null ? null : this.#report.trains + this.#report.planes;
    const isKnown = this.#report !== null && published > 0;
    const filtered = isKnown ? 1 - Math.min(1, received / published) : null;
    setText(byId('filtered', HTMLElement), filtered === null ? '–' : percent(filtered));
    setText(byId('in-box', HTMLElement), whole(this.#count()));
    setText(byId('in-all', HTMLElement), all === null ? '' : `of ${whole(all)} vehicles`);
    setText(byId('received', HTMLElement), `${whole(received)}/s`);
    setText(byId('published', HTMLElement), isKnown ? `of ${whole(published)}/s published` : '');
    setText(byId('bytes', HTMLElement), `${byteSize(bytes)}/s`);
    setText(byId('delay', HTMLElement), delayText(this.#delays));
  }
}

/** The median delay of a second. */
function delayText(delays: readonly number[]): string {
  const median = [...delays].sort((one, other) => one - other)[Math.floor(delays.length / 2)];
  if (median === undefined) return '–';
  return median < 0 || median > LONGEST_DELAY_MS ? 'clocks differ' : milliseconds(median);
}
