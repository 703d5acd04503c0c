import { busySeconds, cpuSeconds } from '@viaduct/testkit/proc';
import { AckServer } from './ack-server.js';
import { channelName } from './batch.js';
import type { ClientOptions } from './client.js';
import { nowUs, sleep } from './clock.js';
import { ByBox, ByChannel } from './expectation.js';
import type { HistogramData } from './histogram.js';
import { CountingJudge, type Judge, SnapshotJudge, type Verdict } from './judge.js';
import { PanJudge } from './pan-judge.js';
import { Panning } from './panning.js';
import { type ConnectResult, type Counters, Receiver } from './receiver.js';
import { boxOf, boxText } from './world.js';

/** Clients to connect, and their commands. */
export interface ConnectRequest extends ClientOptions {
  count: number;
  /** How many may be connecting at the same time. */
  inFlight: number;
  /**
   * Commands of each client. `{channel}`, `{projection}` and `{box}` are replaced by the values for the client's
   * number.
   */
  commands: readonly string[];
  /** Clients use this many channels in turn. */
  channels: number;
  /** Clients use these in turn; only `epsg:4326` by default. */
  projections: readonly string[];
  /** Share of the area that each box covers. */
  boxShare: number;
}

/** The expected deliveries of a run. */
export type Rule =
  | { kind: 'channels'; channels: number }
  | { kind: 'box'; share: number }
  | { kind: 'pan'; share: number }
  | { kind: 'snapshot'; size: number };

/** The state at one moment. */
export interface Mark {
  atUs: number;
  counters: Counters;
  /** CPU seconds of the requested processes; null if unknown. */
  cpu: (number | null)[];
  /** CPU seconds of the whole machine. */
  busy: number | null;
}

export interface FinishRequest {
  published: number;
  /** Gives up when nothing has arrived for this time, in ms. */
  idleMs: number;
  /** Gives up in any case after this time, in ms. */
  limitMs: number;
}

export interface RunResult {
  verdict: Verdict;
  counters: Counters;
  delays: HistogramData;
  /** Deliveries that had not arrived when the last message was published; null if unknown. */
  lag: number | null;
  lastMessageUs: number;
  faults: string[];
}

/** Wait for unexpected messages after the last expected one, in ms. */
const GRACE_MS = 100;

/** A receiver, as the controlling process uses it. */
export class ReceiverService {
  readonly #receiver = new Receiver();
  #request: ConnectRequest | null = null;
  #connections = 0;
  #judge: Judge | null = null;
  #panning: Panning | null = null;
  #acks: Promise<AckServer> | undefined;

  connect(request: ConnectRequest): Promise<ConnectResult> {
    this.#request = request;
    this.#connections += request.count;
    return this.#receiver.connect({
      ...request,
      commands: (i) => request.commands.map((command) => fill(command, request, i)),
      projection: (i) => itemOf(request.projections, i),
    });
  }

  /** Sends every client further commands and waits until all are done. */
  async runCommands(commands: readonly string[]): Promise<void> {
    const request = this.#request;
    if (request === null) throw new Error('nobody is connected');
    let answers = 0;
    this.#receiver.onPong(() => answers++);
    for (const command of [...commands, 'PING']) this.#receiver.command((i) => fill(command, request, i));
    const deadline = performance.now() + 60_000;
    while (answers < this.#connections && performance.now() < deadline) await sleep(2);
    if (answers < this.#connections)
      throw new Error(`${this.#connections - answers} clients gave no answer in 60 s`);
  }

  /** Sends every client one command at the same time, without waiting. Returns the time, as `nowUs()` does. */
  ask(command: string): number {
    const now = nowUs();
    this.#receiver.command(() => command);
    return now;
  }

  /** The port where a publisher learns how many messages have arrived. */
  async ackPort(): Promise<number> {
    this.#acks ??= AckServer.listen(() => this.#receiver.acked());
    return (await this.#acks).port;
  }

  /** Starts a run whose first message has the number `first`. */
  begin({ first, rule }: { first: number; rule: Rule }): void {
    this.#judge = judgeFor(rule, first, this.#connections);
    this.#receiver.begin(this.#judge);
  }

  /** Makes each client change its box once in `everyMs`; without `moves`, it only sends the PING that goes with it. */
  pan({ everyMs, moves }: { everyMs: number; moves: boolean }): void {
    const share = this.#request?.boxShare ?? 1;
    const judge = this.#judge instanceof PanJudge ? this.#judge : null;
    this.#panning = new Panning(this.#receiver, this.#connections, { everyMs, moves, share, judge });
  }

  /** Ends {@link pan}; returns how many turns there were. */
  stopPan(): number {
    return this.#panning?.stop() ?? 0;
  }

  /**
   * Everything that has arrived so far, and the CPU use of processes. With `resetDelays`, delays are counted from zero
   * from here.
   */
  mark({ pids, resetDelays }: { pids: readonly number[]; resetDelays: boolean }): Mark {
    if (resetDelays) this.#receiver.resetDelays();
    return {
      atUs: nowUs(),
      counters: { ...this.#receiver.counters },
      cpu: pids.map(cpuSeconds),
      busy: busySeconds(),
    };
  }

  /** Waits until everything has arrived, or nothing more arrives, and judges the run. */
  async finish({ published, idleMs, limitMs }: FinishRequest): Promise<RunResult> {
    const receiver = this.#receiver;
    const lag = receiver.outstanding(published);
    const [began, deadline] = [performance.now(), performance.now() + limitMs];
    const idle = (): boolean => receiver.idleMs > idleMs && performance.now() - began > idleMs;
    while (receiver.outstanding(published) !== 0 && !idle() && performance.now() < deadline) await sleep(2);
    await sleep(GRACE_MS);
    return {
      verdict: receiver.verdict(published),
      counters: { ...receiver.counters },
      delays: receiver.delays.toData(),
      lag,
      lastMessageUs: receiver.lastMessageUs,
      faults: receiver.faults,
    };
  }

  close(): void {
    this.#receiver.close();
    this.#connections = 0;
  }
}

function judgeFor(rule: Rule, first: number, connections: number): Judge {
  if (rule.kind === 'channels') {
    return new CountingJudge(first, connections, new ByChannel(first, connections, rule.channels));
  }
  if (rule.kind === 'box')
    return new CountingJudge(first, connections, new ByBox(first, connections, rule.share));
  if (rule.kind === 'pan') return new PanJudge(first, connections, rule.share);
  return new SnapshotJudge(first, connections, rule.size);
}

function fill(command: string, { channels, projections, boxShare }: ConnectRequest, i: number): string {
  return command
    .replace('{channel}', () => channelName(i % channels))
    .replace('{projection}', () => itemOf(projections, i))
    .replace('{box}', () => boxText(boxOf(i, boxShare)));
}

function itemOf(items: readonly string[], i: number): string {
  return items[i % items.length] ?? 'epsg:4326';
}
