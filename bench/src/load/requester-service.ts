import { connect, type Socket } from 'node:net';
import { nowUs, sleep } from './clock.js';
import { Histogram, type HistogramData } from './histogram.js';
import { itemsPath } from './http-clients.js';
import { LiveWorld } from './live-world.js';
import { boxOf } from './world.js';

/** One in this many answers is compared with the world. */
const SAMPLE = 200;
/** How long answers may take after the last request is due, in ms. */
const LAST_MS = 10_000;

/** Requests for the features in boxes, on a fixed schedule. */
export interface RequestPlan {
  port: number;
  channel: string;
  /** Features of the channel: a `LiveWorld` at rest. */
  size: number;
  /** Share of the area that each box covers. */
  share: number;
  connections: number;
  /** Requests per second. */
  rate: number;
  seconds: number;
}

export interface RequestResult {
  /** Requests that were answered before the time was up. */
  inTime: number;
  /** From when a request was due to the end of its answer. */
  delays: HistogramData;
  faults: string[];
}

/** Sends requests for the controlling process. */
export class RequesterService {
  #world: LiveWorld | null = null;

  /** The delay of a request counts from when it was due, even if all connections were busy then. */
  async request(plan: RequestPlan): Promise<RequestResult> {
    if (this.#world?.size !== plan.size) this.#world = new LiveWorld(plan.size);
    const run = new Run(plan, this.#world);
    await run.open();
    return run.finish();
  }
}

/** One schedule of requests. */
class Run {
  readonly #plan: RequestPlan;
  readonly #world: LiveWorld;
  readonly #free: Connection[] = [];
  readonly #all: Connection[] = [];
  readonly #delays = new Histogram();
  readonly #faults: string[] = [];
  #next = 0;
  #answered = 0;

  constructor(plan: RequestPlan, world: LiveWorld) {
    this.#plan = plan;
    this.#world = world;
  }

  async open(): Promise<void> {
    while (this.#all.length < this.#plan.connections)
      this.#all.push(await Connection.open(this.#plan.port, (error) => this.#faults.push(String(error))));
    this.#free.push(...this.#all);
  }

  async finish(): Promise<RequestResult> {
    const { rate, seconds } = this.#plan;
    const begun = nowUs();
    const count = Math.floor(rate * seconds);
    const until = begun + seconds * 1e6;
    while (nowUs() < until) {
      this.#send(begun, count);
      await sleep(1);
    }
    const inTime = this.#answered;
    while (this.#answered < count && this.#faults.length === 0 && nowUs() < until + LAST_MS * 1e3) {
      this.#send(begun, count);
      await sleep(1);
    }
    for (const connection of this.#all) connection.close();
    if (this.#answered < count) this.#faults.push(`${count - this.#answered} requests have no answer`);
    return { inTime, delays: this.#delays.toData(), faults: this.#faults };
  }

  /** Sends the requests that are due while connections are free. */
  #send(begun: number, count: number): void {
    while (this.#next < count && this.#free.length > 0) {
      const number = this.#next;
      const due = begun + (number / this.#plan.rate) * 1e6;
      if (due > nowUs()) return;
      const connection = this.#free.pop() as Connection;
      this.#next++;
      const box = boxOf(number, this.#plan.share);
      const isSample = number % SAMPLE === 0;
      connection.ask(`${itemsPath(this.#plan.channel, box)}&limit=10000`, isSample, (body) => {
        this.#delays.add(nowUs() - due);
        this.#answered++;
        this.#free.push(connection);
        if (body !== null && !isExact(body, this.#world.idsIn(box)))
          this.#faults.push(`answer ${number} was not exact`);
        this.#send(begun, count);
      });
    }
  }
}

function isExact(body: string, expected: ReadonlySet<string>): boolean {
  const { features } = JSON.parse(body) as { features: readonly { id: string }[] };
  return features.length === expected.size && features.every(({ id }) => expected.has(id));
}

/** A connection of HTTP/1.1 that only counts the bytes of most answers: reading them must not cost more than writing them. */
class Connection {
  readonly #socket: Socket;
  readonly #failed: (error: unknown) => void;
  #chunks: Buffer[] = [];
  #missing: number | null = null;
  #keeps = false;
  #done: ((body: string | null) => void) | null = null;

  private constructor(socket: Socket, failed: (error: unknown) => void) {
    this.#socket = socket;
    this.#failed = failed;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** @param failed called if the connection or an answer is not as it should be */
  static async open(port: number, failed: (error: unknown) => void): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    socket.on('error', failed);
    return new Connection(socket, failed);
  }

  /** @param done called with the body, or with null if it is not to be kept */
  ask(path: string, keeps: boolean, done: (body: string | null) => void): void {
    this.#keeps = keeps;
    this.#done = done;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/geo+json\r\n\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const body = this.#missing === null ? this.#begin(chunk) : chunk;
    if (body === null || this.#missing === null) return;
    this.#missing -= body.length;
    if (this.#keeps) this.#chunks.push(body);
    if (this.#missing > 0) return;
    const text = this.#keeps ? Buffer.concat(this.#chunks).toString() : null;
    this.#chunks = [];
    this.#missing = null;
    this.#done?.(text);
  }

  /** Reads the head, which arrives with the first bytes of an answer; returns what follows it. */
  #begin(chunk: Buffer): Buffer | null {
    const end = chunk.indexOf('\r\n\r\n');
    const head = chunk.toString('latin1', 0, Math.max(0, end));
    const length = /^content-length: (\d+)$/imu.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
      this.#failed(`an answer begins with ${JSON.stringify(chunk.toString('latin1', 0, 200))}`);
      return null;
    }
    this.#missing = Number(length);
    return chunk.subarray(end + 4);
  }
}
