import { constants, inflateRawSync } from 'node:zlib';
import { Client, type ClientObserver, type ClientOptions } from './client.js';
import { nowUs, sleep } from './clock.js';
import { faultOf } from './content.js';
import { RSV1 } from './frames.js';
import { Histogram, type HistogramData } from './histogram.js';
import type { Judge, Verdict } from './judge.js';
import {
  readDigits,
  SEQ_BASE,
  SEQ_DIGITS,
  SEQ_MARKER,
  TIME_BASE,
  TIME_DIGITS,
  TIME_MARKER,
} from './message.js';

/** Clients that connect. */
export interface ConnectPlan extends ClientOptions {
  count: number;
  /** How many may be connecting at the same time. */
  inFlight: number;
  /** Commands of client `i`, sent as soon as it is connected; a PING follows them. */
  commands(i: number): readonly string[];
  /** The projection that client `i` will see, for the check of contents. */
  projection(i: number): string;
}

export interface ConnectResult {
  ready: number;
  /** From the first connect to the last client's PONG, in ms. */
  ms: number;
  /** From each client's connect to its PONG. */
  delays: HistogramData;
}

/** Counts since the start of the run. */
export interface Counters {
  messages: number;
  frames: number;
  /** Payload bytes of those frames. */
  bytes: number;
  /** Reads from the network that returned bytes. */
  reads: number;
}

/** Time stamps of the latest messages are kept, so that each is read from only one of its deliveries. */
const STAMPS = 1 << 17;
/** One delivery in this many is checked in detail. */
const CLOSE_LOOK = 10_000;
const MAX_FAULTS = 5;
const CONNECT_TIMEOUT_MS = 60_000;

const SEQ = Buffer.from(SEQ_MARKER);
const TIME_OFFSET = SEQ_DIGITS + TIME_MARKER.length;
const EMPTY_BLOCK = Buffer.from([0, 0, 0xff, 0xff]);
const PONG = Buffer.from('"PONG"');
const ERROR = Buffer.from('"status":"error"');

/** Many clients, and everything that they receive. */
export class Receiver implements ClientObserver {
  counters: Counters = { messages: 0, frames: 0, bytes: 0, reads: 0 };
  /** Delay of each delivery since {@link resetDelays}. */
  readonly delays = new Histogram();
  #judge: Judge | null = null;
  #clients: (Client | undefined)[] = [];
  #plan: ConnectPlan | null = null;
  readonly #faults = new Map<string, number>();
  readonly #stampOf = new Float64Array(STAMPS).fill(-1);
  readonly #stampUs = new Float64Array(STAMPS);
  #nowUs = 0;
  #lastMessageUs = 0;
  /** Where the number was in the last frame: it is usually there again. */
  #seqAt = 0;
  /** Connecting clients, and since when. */
  readonly #connecting = new Map<Client, number>();
  #onPong: (client: Client) => void = () => undefined;
  readonly #inflated = new Map<string, Buffer>();

  /** Connects clients in addition to the existing ones, and resolves when each has its PONG or has failed. */
  async connect(plan: ConnectPlan): Promise<ConnectResult> {
    this.#plan = plan;
    const delays = new Histogram();
    this.#onPong = (client) => {
      const since = this.#connecting.get(client);
      if (this.#connecting.delete(client) && since !== undefined) delays.add(nowUs() - since);
    };
    const started = performance.now();
    const deadline = started + CONNECT_TIMEOUT_MS;
    const end = this.#clients.length + plan.count;
    while (this.#clients.length < end && performance.now() < deadline) {
      if (this.#connecting.size < plan.inFlight) this.#startClient(plan);
      else await sleep(0);
    }
    while (this.#connecting.size > 0 && performance.now() < deadline) await sleep(1);
    for (const client of this.#connecting.keys()) this.#fault(`client ${client.index} got no PONG`);
    this.#connecting.clear();
    return { ready: delays.count, ms: performance.now() - started, delays: delays.toData() };
  }

  #startClient(plan: ConnectPlan): void {
    const client = new Client(this.#clients.length, plan, this);
    this.#connecting.set(client, nowUs());
    this.#clients.push(client);
  }

  /** From now on, messages go to this judge. */
  begin(judge: Judge): void {
    this.#judge = judge;
    this.counters = { messages: 0, frames: 0, bytes: 0, reads: 0 };
    this.resetDelays();
    this.#stampOf.fill(-1);
    this.#inflated.clear();
    this.#lastMessageUs = nowUs();
  }

  resetDelays(): void {
    this.delays.reset();
  }

  /** Sends every client a command; `line(i)` gives the one for client `i`. */
  command(line: (i: number) => string): void {
    for (const client of this.#clients) client?.command(line(client.index));
  }

  client(i: number): Client | undefined {
    return this.#clients[i];
  }

  /** Called with every PONG from now on, until another function replaces this one. */
  onPong(listener: (client: Client) => void): void {
    this.#onPong = listener;
  }

  /** Milliseconds since the last message. */
  get idleMs(): number {
    return (nowUs() - this.#lastMessageUs) / 1e3;
  }

  /** When the last message arrived, on the clock of `nowUs()`. */
  get lastMessageUs(): number {
    return this.#lastMessageUs;
  }

  acked(): number {
    return this.#judge?.acked() ?? 0;
  }

  outstanding(published: number): number | null {
    return this.#judge === null ? 0 : this.#judge.outstanding(published);
  }

  verdict(published: number): Verdict {
    return (
      this.#judge?.verdict(published) ?? { expected: 0, delivered: 0, missing: 0, extra: 0, reordered: 0 }
    );
  }

  /** What went wrong so far, for people; empty if nothing did. */
  get faults(): string[] {
    return [...this.#faults].map(([what, times]) => (times === 1 ? what : `${times} times: ${what}`));
  }

  close(): void {
    for (const client of this.#clients) client?.close();
    this.#clients = [];
  }

  open(client: Client): void {
    for (const command of this.#plan?.commands(client.index) ?? []) client.command(command);
    client.command('PING');
  }

  ended(client: Client, why: string): void {
    this.#connecting.delete(client);
    this.#clients[client.index] = undefined;
    this.#fault(`connection lost: ${why}`);
  }

  read(): void {
    this.#nowUs = nowUs();
    this.counters.reads++;
  }

  frame(client: Client, first: number, bytes: Buffer, start: number, length: number): void {
    if ((first & RSV1) !== 0) {
      const inflated = this.#inflate(bytes.subarray(start, start + length));
      this.#text(client, inflated, 0, inflated.length, length);
    } else this.#text(client, bytes, start, length, length);
  }

  /** @param wireLength the payload's bytes on the wire, if compression makes them fewer */
  #text(client: Client, bytes: Buffer, start: number, length: number, wireLength: number): void {
    let at = this.#findSeq(bytes, start, length, start + this.#seqAt);
    if (at === -1) {
      this.#control(client, bytes.subarray(start, start + length));
      return;
    }
    const { counters } = this;
    counters.frames++;
    counters.bytes += wireLength;
    this.#seqAt = at - start;
    this.#message(client, bytes, at, start, length);
    if (this.#plan?.batch !== true) return;
    let stride = 0;
    for (;;) {
      const next = this.#findSeq(bytes, at + 1, start + length - at - 1, at + stride);
      if (next === -1) return;
      stride = next - at;
      at = next;
      this.#message(client, bytes, at, start, length);
    }
  }

  /** Where the next number's digits begin, from `from` on; `guess` is tried first. */
  #findSeq(bytes: Buffer, from: number, length: number, guess: number): number {
    const end = from + length;
    if (guess >= from && guess + SEQ_DIGITS <= end && isSeq(bytes, guess)) return guess;
    const found = bytes.subarray(from, end).indexOf(SEQ);
    return found === -1 ? -1 : from + found + SEQ.length;
  }

  #message(client: Client, bytes: Buffer, at: number, start: number, length: number): void {
    const k = readDigits(bytes, at, SEQ_DIGITS) - SEQ_BASE;
    const slot = k & (STAMPS - 1);
    if (this.#stampOf[slot] !== k) {
      this.#stampOf[slot] = k;
      this.#stampUs[slot] = readDigits(bytes, at + TIME_OFFSET, TIME_DIGITS) - TIME_BASE;
    }
    this.delays.add(this.#nowUs - (this.#stampUs[slot] ?? 0));
    this.#lastMessageUs = this.#nowUs;
    this.#judge?.received(client.index, k);
    if (this.counters.messages++ % CLOSE_LOOK === 0)
      this.#lookAt(client, k, bytes.toString('utf8', start, start + length));
  }

  #lookAt(client: Client, k: number, text: string): void {
    try {
      const fault = faultOf(text, k, this.#plan?.projection(client.index) ?? '');
      if (fault !== null) this.#fault(fault);
    } catch (error) {
      this.#fault(`not an envelope (${String(error)}): ${text.slice(0, 100)}`);
    }
  }

  /** A frame without a message: an answer, an error or a status. */
  #control(client: Client, bytes: Buffer): void {
    if (bytes.includes(PONG)) this.#onPong(client);
    else if (bytes.includes(ERROR)) this.#fault(`error answer: ${bytes.toString('utf8', 0, 300)}`);
  }

  /** Without context takeover, equal messages are equal bytes, so each distinct frame is inflated once. */
  #inflate(payload: Buffer): Buffer {
    const key = payload.toString('latin1');
    let inflated = this.#inflated.get(key);
    if (inflated === undefined) {
      inflated = inflateRawSync(Buffer.concat([payload, EMPTY_BLOCK]), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      if (this.#inflated.size > 4096) this.#inflated.clear();
      this.#inflated.set(key, inflated);
    }
    return inflated;
  }

  #fault(what: string): void {
    if (this.#faults.has(what) || this.#faults.size < MAX_FAULTS) {
      this.#faults.set(what, (this.#faults.get(what) ?? 0) + 1);
    }
  }
}

/** Whether the marker ends right before `at`. */
function isSeq(bytes: Buffer, at: number): boolean {
  return bytes[at - 1] === 0x3a && bytes[at - 2] === 0x22 && bytes[at - 3] === 0x71 && bytes[at - 5] === 0x73;
}
