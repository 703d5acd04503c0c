import { Redis, type RedisOptions } from 'ioredis';
import { FailureLog } from './failure-log.js';
import { describeAddress, type RedisAddress } from './redis-url.js';
import { SourceError, type SourceLogger } from './source.js';

const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_LIMIT_MS = 2_000;

/** How long a connection that we end may take to say goodbye before it is cut, in milliseconds. */
const DISCONNECT_TIMEOUT_MS = 500;

/** Longest wait between two looks at a Redis that is loading its data, in milliseconds. */
const LOADING_RETRY_MS = 1_000;

export interface RedisLinkOptions {
  /** What the connection is for. Redis shows it in CLIENT LIST as `viaduct:<name>`. */
  name: string;
  address: RedisAddress;
  /** Longest wait for the answer to one command, in milliseconds. */
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** Brings a new connection into the state in which it is `up`. Where it rejects, the connection is given up. */
  prepare(): Promise<void>;
  /** `up` has changed, or a connection was lost before it was up. */
  changed(): void;
}

/**
 * One connection to Redis that comes back by itself, with a jittered exponential back-off. Nothing is queued
 * while it is away. A connection that stays silent while an answer is due is given up for dead; a heartbeat sees
 * to it that an answer is due every now and then, also where nobody asks for anything.
 */
export class RedisLink {
  readonly #client: Redis;
  readonly #options: RedisLinkOptions;
  readonly #failures: FailureLog;
  #heartbeat: NodeJS.Timeout | undefined;
  /** Why the connection is about to close, where there is a reason. */
  #failure: unknown;
  #attempts = 0;
  #up = false;
  #closed = false;

  constructor(options: RedisLinkOptions) {
    const { name, address, logger } = options;
    this.#options = options;
    const fields = { connection: name, redis: describeAddress(address) };
    this.#failures = new FailureLog(logger, fields, address.password);
    this.#client = new Redis(this.#clientOptions());
    this.#client.on('error', (error: Error) => {
      this.#failure = error;
    });
    this.#client.on('ready', () => void this.#prepare());
    this.#client.on('close', () => this.#lost());
  }

  /** Connected and prepared. */
  get up(): boolean {
    return this.#up;
  }

  /** Begins to connect, and goes on trying until `close`. */
  open(): void {
    // What goes wrong is told by the client's events as well.
    this.#client.connect().catch(ignore);
    const { commandTimeoutMs } = this.#options;
    this.#heartbeat = setInterval(() => {
      this.run((client) => client.ping()).catch(ignore);
    }, commandTimeoutMs);
  }

  /** Calls `listener` with the channel and text of each message that arrives. */
  onMessage(listener: (channel: string, text: string) => void): void {
    this.#client.on('message', listener);
  }

  /**
   * Runs commands on the connection, also while it is still being prepared.
   *
   * @throws SourceError `source_unavailable`, at once where there is no connection; `wrong_type`
   */
  async run<T>(commands: (client: Redis) => Promise<T>): Promise<T> {
    if (this.#client.status !== 'ready') throw unavailable('cannot be reached at the moment');
    try {
      return await commands(this.#client);
    } catch (error) {
      throw this.#sourceError(error);
    }
  }

  /** Ends the connection for good, and resolves when it has ended. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#closed = true;
    this.#up = false;
    this.#client.removeAllListeners('message');
    const { status } = this.#client;
    if (status === 'end') return;
    // Between two attempts there is no connection whose end could be awaited.
    if (status === 'reconnecting') return this.#client.disconnect();
    await new Promise<void>((resolve) => {
      this.#client.once('end', resolve);
      this.#client.disconnect();
    });
  }

  async #prepare(): Promise<void> {
    try {
      await this.#options.prepare();
      if (this.#client.status === 'ready') this.#prepared();
    } catch (error) {
      this.#failure ??= error;
      if (this.#client.status === 'ready') this.#client.disconnect(true);
    }
  }

  #prepared(): void {
    this.#up = true;
    this.#attempts = 0;
    this.#failures.reset();
    this.#options.changed();
  }

  #lost(): void {
    if (this.#closed) return;
    // An end without an error is how Redis stops or restarts, unless it never let us in.
    if (!this.#up) this.#failure ??= 'Redis closed the connection before it was ready.';
    if (this.#failure !== undefined) this.#failures.report('The connection to Redis failed.', this.#failure);
    this.#failure = undefined;
    this.#up = false;
    this.#options.changed();
  }

  #clientOptions() {
    const { name, address, commandTimeoutMs } = this.#options;
    const { tls, ...server } = address;
    return {
      ...server,
      ...(tls && { tls: {} }),
      connectionName: `viaduct:${name}`,
      lazyConnect: true,
      connectTimeout: commandTimeoutMs,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      maxLoadingRetryTime: LOADING_RETRY_MS,
      retryStrategy: () => this.#backOff(),
      // A lost connection fails what was under way at once, and nothing is kept for the next one.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      commandTimeout: commandTimeoutMs,
      socketTimeout: 2 * commandTimeoutMs,
    } satisfies RedisOptions;
  }

  /** Milliseconds until the next attempt: from half of the back-off to all of it, so that replicas spread. */
  #backOff(): number {
    const ceiling = Math.min(BACK_OFF_LIMIT_MS, BACK_OFF_FIRST_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return ceiling * (0.5 + Math.random() / 2);
  }

  #sourceError(error: unknown): SourceError {
    if (error instanceof SourceError) return error;
    if (!isReplyError(error)) {
      return unavailable(
        `gave no answer: the connection was lost or ${this.#options.commandTimeoutMs} ms have passed`,
      );
    }
    const code = error.message.split(' ', 1)[0] ?? '';
    if (code === 'WRONGTYPE')
      return new SourceError('wrong_type', 'the key holds something else than a hash');
    this.#failures.report('Redis refused a command.', error);
    return unavailable(`refused the command (${code})`);
  }
}

/** Whether Redis itself answered with an error, in which case the first word of the message is the error's code. */
function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

function unavailable(what: string): SourceError {
  return new SourceError('source_unavailable', `Redis ${what}; try again in a few seconds`);
}

function ignore(): void {}
