import type { Random } from '@viaduct/testkit/random';
import { type CrowdClient, type CrowdTally, rawClient, socketIoClient } from './client.js';
import { TRAFFIC } from './producer.js';

/** Number of clients at a time, and how often one of them acts, in ms. */
const SIZE = 120;
const ACTION_MS = 5;

/** How long a client stops reading, in ms. */
const STALL_MS = 1_500;

const PROJECTIONS = ['epsg:4326', 'epsg:3857', 'epsg:2056', 'epsg:3035', 'epsg:3413'] as const;

/** Clients that constantly come and go, pan, change their projection, request the state and stop reading. */
export class Crowd {
  readonly #url: string;
  readonly #random: Random;
  readonly #tally: CrowdTally;
  readonly #clients: CrowdClient[] = [];
  readonly #timer: NodeJS.Timeout;
  #came = 0;

  constructor(url: string, random: Random, tally: CrowdTally) {
    this.#url = url;
    this.#random = random;
    this.#tally = tally;
    this.#timer = setInterval(() => this.#act(), ACTION_MS);
  }

  /** Number of clients so far. */
  get came(): number {
    return this.#came;
  }

  /** Disconnects all clients. */
  closeConnections(): void {
    clearInterval(this.#timer);
    for (const client of this.#clients.splice(0)) client.leave(this.#random.chance(0.5));
  }

  #act(): void {
    const random = this.#random;
    if (this.#clients.length < SIZE) this.#arrive();
    const at = random.below(this.#clients.length);
    const client = this.#clients[at];
    if (client === undefined) return;
    if (random.chance(0.1)) {
      this.#clients.splice(at, 1);
      client.leave(random.chance(0.5));
    } else if (random.chance(0.03)) client.stall(STALL_MS);
    else client.send(this.#command());
  }

  #arrive(): void {
    this.#came += 1;
    const commands = [`PROJECTION ${this.#random.of(PROJECTIONS)}`, this.#box(), `SUB ${TRAFFIC}`];
    if (this.#random.chance(0.3)) commands.push(`GET ${TRAFFIC}`);
    const connect = this.#random.chance(0.5) ? rawClient : socketIoClient;
    this.#clients.push(connect(this.#url, this.#tally, commands));
  }

  #command(): string {
    const random = this.#random;
    const commands = [
      () => this.#box(),
      () => `PROJECTION ${random.of(PROJECTIONS)}`,
      () => `GET ${TRAFFIC}`,
      () => `SUB ${TRAFFIC}${random.below(200)}`,
      () => `DEL ${TRAFFIC}${random.below(200)}`,
      () => `SUB ${TRAFFIC} snapshot=true`,
      () => `BUFFER ${random.below(20)} ${random.below(100)}`,
      () => 'RESET',
      () => 'NONSENSE',
      () => 'PING',
    ];
    return random.of(commands)();
  }

  #box(): string {
    const random = this.#random;
    const west = 5 + 5 * random.next();
    const south = 45 + 3 * random.next();
    return `BBOX ${west} ${south} ${west + 2} ${south + 1}`;
  }
}
