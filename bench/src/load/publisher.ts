import { connect, type Socket } from 'node:net';
import { Acks } from './acks.js';
import { Batch } from './batch.js';
import { nowUs, sleep } from './clock.js';
import { MAX_WINDOW } from './judge.js';
import { MessageWriter, type Shape } from './message.js';
import { ReplyCounter, respCommand } from './resp.js';

/** Messages to publish. */
export interface PublishPlan {
  /** Number of the first message. */
  first: number;
  shape: Shape;
  /** Messages use the channels `bench_0000`, `bench_0001` ... in turn; at most 10,000. */
  channels: number;
  /** Number of the first of these channels; 0 by default. */
  firstChannel?: number;
  /** How long, in seconds. */
  seconds: number;
  /** Messages per second on a fixed schedule; null for a closed loop, as fast as they arrive. */
  rate: number | null;
  /** Ports on 127.0.0.1 where receivers report how many messages have arrived. */
  ackPorts: readonly number[];
}

export interface PublishResult {
  published: number;
  seconds: number;
  /** Maximum delay of a message against its schedule, in ms. */
  lateMs: number;
}

/** How long deliveries may take in the closed loop before the window shrinks. */
const RTT_TARGET_US = 250_000;
/** A closed loop ends after this time without progress, because messages were lost. */
const STALL_US = 3e6;
/** A fast schedule has steps of this length, in microseconds: everything that is due in one step is one write. */
const STEP_US = 250;
/** Node's timers are too coarse for the last milliseconds of a wait. */
const COARSE_MS = 2;

/** Publishes into a Redis on 127.0.0.1, pipelined, over a plain socket. */
export class Publisher {
  readonly #socket: Socket;
  readonly #replies = new ReplyCounter();
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));
  #drain: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#replies.feed(chunk));
    socket.on('drain', () => this.#drain?.());
  }

  static open(redisPort: number): Promise<Publisher> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: redisPort, noDelay: true });
      socket.on('error', reject);
      socket.on('connect', () => resolve(new Publisher(socket)));
    });
  }

  /** @throws Error if Redis refuses */
  async publish(plan: PublishPlan): Promise<PublishResult> {
    const before = this.#replies.replies;
    const batch = new Batch(plan.shape, plan.channels, plan.firstChannel);
    const result =
      plan.rate === null ? await this.#closedLoop(plan, batch) : await this.#openLoop(plan, plan.rate, batch);
    await this.#settled(before + result.published);
    return result;
  }

  /** Writes messages `0` to `count - 1` into a new hash. */
  async fillHash(key: string, count: number, shape: Shape): Promise<void> {
    const before = this.#replies.replies;
    const writer = new MessageWriter(shape);
    this.#socket.write(respCommand('DEL', key));
    for (let k = 0; k < count; k++)
      this.#socket.write(respCommand('HSET', key, `veh_${k}`, writer.text(k, nowUs())));
    await this.#settled(before + count + 1);
  }

  async #settled(replies: number): Promise<void> {
    const deadline = performance.now() + 30_000;
    while (this.#replies.replies < replies && performance.now() < deadline) await sleep(2);
    if (this.#replies.error !== null) throw new Error(`Redis: ${this.#replies.error}`);
    if (this.#replies.replies < replies) throw new Error('Redis did not answer in 30 s');
  }

  async #openLoop(plan: PublishPlan, rate: number, batch: Batch): Promise<PublishResult> {
    const count = Math.max(1, Math.round(rate * plan.seconds));
    const startUs = nowUs();
    const dueUs = (i: number): number => startUs + Math.floor((i / rate) * 1e6);
    let lateUs = 0;
    for (let sent = 0; sent < count; ) {
      const now = nowUs();
      lateUs = Math.max(lateUs, now - dueUs(sent));
      for (; sent < count && !batch.full && dueUs(sent) <= now; sent++)
        batch.add(plan.first + sent, dueUs(sent));
      await this.#write(batch.take());
      if (sent < count) await this.#until(Math.max(dueUs(sent), now + STEP_US));
    }
    await this.#until(startUs + plan.seconds * 1e6);
    return { published: count, seconds: (nowUs() - startUs) / 1e6, lateMs: lateUs / 1e3 };
  }

  /**
   * Keeps as many messages in flight as arrive within 250 ms: the window grows with messages that arrive in time, and
   * shrinks by half of those that do not.
   */
  async #closedLoop(plan: PublishPlan, batch: Batch): Promise<PublishResult> {
    const acks = await Acks.open(plan.ackPorts);
    const startUs = nowUs();
    const endUs = startUs + plan.seconds * 1e6;
    const sentUs = new Float64Array(2 * MAX_WINDOW);
    let [window, sent, seen, progressUs] = [2, 0, 0, startUs];
    for (let now = startUs; now < endUs && now - progressUs < STALL_US; now = nowUs()) {
      const acked = Math.min(acks.count, sent);
      if (acked > seen) {
        const inTime = now - (sentUs[(acked - 1) % sentUs.length] ?? 0) < RTT_TARGET_US;
        const change = acked - seen;
        window = Math.min(MAX_WINDOW, Math.max(1, window + (inTime ? change : -change / 2)));
        [seen, progressUs] = [acked, now];
      }
      while (sent - seen < Math.floor(window) && !batch.full) {
        sentUs[sent % sentUs.length] = now;
        batch.add(plan.first + sent++, now);
      }
      if (batch.empty) await acks.next();
      else await this.#write(batch.take());
    }
    acks.close();
    return { published: sent, seconds: (nowUs() - startUs) / 1e6, lateMs: 0 };
  }

  async #write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.#socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.#drain = resolve;
    });
    this.#drain = null;
  }

  /** Waits with a precision of a few microseconds, without spinning. */
  async #until(timeUs: number): Promise<void> {
    const coarseMs = (timeUs - nowUs()) / 1e3 - COARSE_MS;
    if (coarseMs > 0) await sleep(coarseMs);
    else await new Promise((resolve) => setImmediate(resolve));
    const restMs = (timeUs - nowUs()) / 1e3;
    if (restMs > 0) Atomics.wait(this.#sleeper, 0, 0, restMs);
  }
}
