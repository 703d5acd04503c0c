import { busySeconds, cpuSeconds } from '../proc.js';
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

/** Clients to connect, and what they ask for. */
export interface ConnectRequest extends ClientOptions {
  count: number;
  /** How many may be on their way at the same time. */
  inFlight: number;
  /** Commands of each client. `{channel}`, `{projection}` and `{box}` stand for what the client's number gives. */
  commands: readonly string[];
  /** Clients go round so many channels. */
  channels: number;
  /** Clients go round these; `epsg:4326` alone where they ask for none. */
  projections: readonly string[];
  /** Share of the area that each box covers. */
  boxShare: number;
}

/** Who is to get what in a run. */
export type Rule =
  | { kind: 'channels'; channels: number }
  | { kind: 'box'; share: number }
  | { kind: 'pan'; share: number }
  | { kind: 'snapshot'; size: number };

/** What is known at one moment. */
export interface Mark {
  atUs: number;
  counters: Counters;
  /** CPU seconds of the processes asked for; null where they cannot be known. */
  cpu: (number | null)[];
  /** CPU seconds of the whole machine. */
  busy: number | null;
}

export interface FinishRequest {
  published: number;
  /** Gives up when nothing has come for so long, in ms. */
  idleMs: number;
  /** Gives up in any case after so long, in ms. */
  limitMs: number;
}

export interface RunResult {
  verdict: Verdict;
  counters: Counters;
  delays: HistogramData;
  /** Deliveries that had not come when the last message was published; null where that cannot be known. */
  lag: number | null;
  lastMessageUs: number;
  faults: string[];
}

/** After the last expected message, so much time for messages that should not come, in ms. */
const GRACE_MS = 100;

/** A receiver, as the process that conducts the run asks it. */
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
  async tell(commands: readonly string[]): Promise<void> {
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

  /** Sends every client one command at the same time, and does not wait. Returns the time, as `nowUs()` has it. */
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

  /** Begins a run whose first message has the number `first`. */
  begin({ first, rule }: { first: number; rule: Rule }): void {
    this.#judge = judgeFor(rule, first, this.#connections);
    this.#receiver.begin(this.#judge);
  }

  /** Lets each client change its box once in `everyMs`; without `moves`, it only sends the PING that goes with it. */
  pan({ everyMs, moves }: { everyMs: number; moves: boolean }): void {
    const share = this.#request?.boxShare ?? 1;
    const judge = this.#judge instanceof PanJudge ? this.#judge : null;
    this.#panning = new Panning(this.#receiver, this.#connections, { everyMs, moves, share, judge });
  }

  /** Ends {@link pan}; returns how many times a client's turn has come. */
  stopPan(): number {
    return this.#panning?.stop() ?? 0;
  }

  /** What has come so far and what processes have used. Delays are counted anew from here with `resetDelays`. */
  mark({ pids, resetDelays }: { pids: readonly number[]; resetDelays: boolean }): Mark {
    if (resetDelays) this.#receiver.resetDelays();
    return {
      atUs: nowUs(),
      counters: { ...this.#receiver.counters },
      cpu: pids.map(cpuSeconds),
      busy: busySeconds(),
    };
  }

  /** Waits until all has come, or nothing more comes, and judges the run. */
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
