import type { PanJudge } from './pan-judge.js';
import type { Receiver } from './receiver.js';
import { boxOf, boxText } from './world.js';

export interface PanOptions {
  /** Each client's turn comes once in this many ms; turns are spread evenly. */
  everyMs: number;
  /** False: a client's turn is only a PING, for comparison. */
  moves: boolean;
  /** Share of the area that each box covers. */
  share: number;
  /** Called for every box; null if nobody judges. */
  judge: PanJudge | null;
}

/** How often to look for clients whose turn has come, in ms. */
const TICK_MS = 5;

/** Clients that pan their maps: each regularly sends a new box, and a PING whose answer confirms it. */
export class Panning {
  readonly #receiver: Receiver;
  readonly #connections: number;
  readonly #options: PanOptions;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #turns = 0;

  constructor(receiver: Receiver, connections: number, options: PanOptions) {
    this.#receiver = receiver;
    this.#connections = connections;
    this.#options = options;
    receiver.onPong((client) => options.judge?.confirmed(client.index));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** @returns how many turns there were */
  stop(): number {
    clearInterval(this.#timer);
    return this.#turns;
  }

  #tick(): void {
    const due = ((performance.now() - this.#started) / this.#options.everyMs) * this.#connections;
    for (; this.#turns < due; this.#turns++) this.#turn(this.#turns % this.#connections);
  }

  #turn(i: number): void {
    const { moves, share, judge } = this.#options;
    const client = this.#receiver.client(i);
    if (client === undefined) return;
    if (moves) {
      const box = boxOf(i, share, Math.floor(this.#turns / this.#connections) + 1);
      client.command(`BBOX ${boxText(box)}`);
      judge?.sent(i, box);
    }
    client.command('PING');
  }
}
