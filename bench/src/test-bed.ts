import { memoryOf, resetPeak } from '@viaduct/testkit/proc';
import { type Helper, type ServerProcess, startHelper, startServer } from './children.js';
import type { BenchContext } from './context.js';
import { serverCores } from './cores.js';
import { sleep } from './load/clock.js';
import type { Shape } from './load/message.js';
import type { PublishResult } from './load/publisher.js';
import type { PublisherService } from './load/publisher-service.js';
import type { ConnectResult } from './load/receiver.js';
import type { ConnectRequest, ReceiverService, Rule, RunResult } from './load/receiver-service.js';
import { type Moment, type Step, stepOf } from './step.js';
import { type Subject, serverEnv, serverFile } from './subjects.js';

/** Clients to connect. */
export interface ClientGroup {
  count: number;
  commands: readonly string[];
  channels?: number;
  projections?: readonly string[];
  boxShare?: number;
  inFlight?: number;
  deflate?: boolean;
  /** Index of their receiver; it connects to the server with the same index. */
  receiver?: number;
}

/** What a step publishes. */
export interface Load {
  shape: Shape;
  rule: Rule;
  /** Messages per second; null finds the maximum. */
  rate: number | null;
  channels?: number;
  seconds?: number;
}

export interface TestBedOptions {
  env?: Readonly<Record<string, string>>;
  servers?: number;
  receivers?: number;
  /** Gives a single server the cores of two. */
  twoCores?: boolean;
}

/** After this time without messages, no more are expected, in ms. */
const IDLE_MS = 2000;
const FINISH_LIMIT_MS = 15_000;
/** Pause after connecting, for the server to settle, in ms. */
const SETTLE_MS = 300;

/** What one measurement needs: new servers with their own publisher and receivers. */
export class TestBed {
  readonly #context: BenchContext;
  readonly #receivers: readonly Helper<ReceiverService>[];
  readonly #publisher: Helper<PublisherService>;

  private constructor(
    context: BenchContext,
    readonly subject: Subject,
    readonly servers: readonly ServerProcess[],
    receivers: readonly Helper<ReceiverService>[],
    publisher: Helper<PublisherService>,
  ) {
    this.#context = context;
    this.#receivers = receivers;
    this.#publisher = publisher;
  }

  static async open(context: BenchContext, subject: Subject, options: TestBedOptions = {}): Promise<TestBed> {
    const { servers = 1, receivers = servers, env = {}, twoCores = false } = options;
    const file = serverFile(subject.server, context.options.gateway);
    const serverOptions = { file, env: { ...serverEnv(subject.server, context.redis.url), ...env } };
    const running: ServerProcess[] = [];
    for (let i = 0; i < servers; i++) {
      const cores = twoCores ? serverCores(context.cores) : (context.cores.servers[i] ?? null);
      running.push(await startServer({ ...serverOptions, cores }));
    }
    const helpers = Array.from({ length: receivers }, (_, i) =>
      startHelper<ReceiverService>('receiver-main', context.cores.receivers[i] ?? null),
    );
    const publisher = startHelper<PublisherService>('publisher-main', context.cores.rest);
    await publisher.remote.call('open', context.redis.port);
    return new TestBed(context, subject, running, helpers, publisher);
  }

  /** Opens a test bed, uses it, and closes it in any case. */
  static async use<T>(
    context: BenchContext,
    subject: Subject,
    options: TestBedOptions,
    use: (bed: TestBed) => Promise<T>,
  ): Promise<T> {
    const bed = await TestBed.open(context, subject, options);
    try {
      return await use(bed);
    } finally {
      await bed.close();
    }
  }

  receiver(i = 0): Helper<ReceiverService>['remote'] {
    const helper = this.#receivers[i];
    if (helper === undefined) throw new RangeError(`there is no receiver ${i}`);
    return helper.remote;
  }

  get server(): ServerProcess {
    const [server] = this.servers;
    if (server === undefined) throw new RangeError('there is no server');
    return server;
  }

  /**
   * Connects clients.
   *
   * @throws Error if one of them was refused or received no answer
   */
  async connect(group: ClientGroup): Promise<ConnectResult> {
    const { receiver = 0, count, commands } = group;
    const request: ConnectRequest = {
      port: (this.servers[receiver] ?? this.server).port,
      transport: this.subject.transport,
      batch: this.subject.batch,
      deflate: group.deflate ?? false,
      count,
      commands,
      inFlight: group.inFlight ?? 200,
      channels: group.channels ?? 1,
      projections: group.projections ?? ['epsg:4326'],
      boxShare: group.boxShare ?? 1,
    };
    const result = await this.receiver(receiver).call('connect', request);
    if (result.ready !== count) {
      const { faults } = await this.finish(0, receiver);
      throw new Error(`${count - result.ready} of ${count} clients could not connect: ${faults.join('; ')}`);
    }
    await sleep(SETTLE_MS);
    return result;
  }

  /**
   * Publishes, measures from the end of the warm-up on, and checks everything that arrived.
   *
   * @param during what else happens during the measurement
   */
  async run(load: Load, during?: () => Promise<void>): Promise<Step> {
    const { seconds, warmSeconds } = this.#context.sizes;
    const measured = load.seconds ?? seconds;
    for (const { remote } of this.#receivers) {
      await remote.call('begin', { first: this.#context.nextMessage, rule: load.rule });
    }
    for (const { pid } of this.servers) resetPeak(pid);
    const publishing = this.publish({ ...load, seconds: warmSeconds + measured });
    await Promise.race([sleep(warmSeconds * 1e3), publishing]);
    const before = await this.#moment(true);
    const beside = during?.();
    await Promise.race([Promise.all([sleep(measured * 1e3), beside]), publishing]);
    const after = await this.#moment(false);
    const [published] = await Promise.all([publishing, beside]);
    const results = await Promise.all(this.#receivers.map((_, i) => this.finish(published.published, i)));
    return stepOf({
      before,
      after,
      published,
      results,
      peakBytes: this.peakBytes,
      cores: this.#context.cores,
    });
  }

  /** Publishes for this many seconds, starting now. Prepare the receivers before. */
  publish(load: Load): Promise<PublishResult> {
    const publishing = this.#publish(load);
    // If something else fails first, nobody uses this result.
    publishing.catch(() => undefined);
    return publishing;
  }

  async #publish({
    shape,
    rate,
    channels = 1,
    seconds = this.#context.sizes.seconds,
  }: Load): Promise<PublishResult> {
    const ackPorts = await Promise.all(
      this.#receivers.map(({ remote }) => remote.call('ackPort', undefined)),
    );
    const plan = { first: this.#context.nextMessage, shape, channels, seconds, rate, ackPorts };
    const result = await this.#publisher.remote.call('publish', plan);
    this.#context.used(result.published);
    return result;
  }

  /** The maximum memory of the servers since the start of the last run, in bytes. */
  get peakBytes(): number {
    return this.servers.reduce((sum, { pid }) => sum + (memoryOf(pid)?.peakBytes ?? 0), 0);
  }

  /** Waits for the remaining messages and judges the run. */
  finish(published: number, receiver = 0): Promise<RunResult> {
    return this.receiver(receiver).call('finish', { published, idleMs: IDLE_MS, limitMs: FINISH_LIMIT_MS });
  }

  /** Writes messages into a hash. */
  fillHash(key: string, count: number, shape: Shape): Promise<void> {
    return this.#publisher.remote.call('fillHash', { key, count, shape });
  }

  /** CPU seconds that the server has used so far; null if unknown. */
  async serverCpu(): Promise<number | null> {
    const { cpu } = await this.receiver().call('mark', { pids: [this.server.pid], resetDelays: false });
    return cpu[0] ?? null;
  }

  /** The state of all processes at one moment. */
  async #moment(resetDelays: boolean): Promise<Moment> {
    const servers = this.servers.map(({ pid }) => pid);
    const receivers = this.#receivers.map(({ remote }) => remote.pid);
    const pids = [...servers, ...receivers, this.#publisher.remote.pid, this.#context.redis.pid, process.pid];
    const marks = await Promise.all(
      this.#receivers.map(({ remote }) => remote.call('mark', { pids, resetDelays })),
    );
    return { marks, servers: servers.length, receivers: receivers.length };
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#receivers.map((helper) => helper.stop()),
      this.#publisher.stop(),
      ...this.servers.map((server) => server.stop()),
    ]);
  }
}
