import { Redis, type RedisOptions } from 'ioredis';
import { FailureLog } from '../failure-log.js';
import type { SourceLogger } from '../source.js';
import { connectorTo } from './connector.js';
import { replyCode, sourceErrorOf, unavailable } from './errors.js';
import { backOffMs, connectionOptions, secretsOf } from './options.js';
import type { RedisPlace } from './place.js';
import { placeOf } from './place-of.js';
import { textOf } from './text.js';
import { describeAddress, type RedisAddress, type RedisNode } from './url.js';

/** What Redis answers where somebody else serves by now: another node, or the master that was chosen since. */
const MISPLACED = new Set(['MOVED', 'READONLY']);

/** What ioredis calls messages on plain and on sharded channels. */
const MESSAGES = ['messageBuffer', 'smessageBuffer'] as const;

const LINE_END = Buffer.from('\r\n');

export interface RedisLinkOptions {
  /** What the connection is for. Redis shows it in CLIENT LIST as `viaduct:<name>`. */
  name: string;
  /** Of a server; of the master that Sentinels watch; or of a Redis Cluster, where the link goes to one node. */
  address: RedisAddress;
  /** In a Redis Cluster: a key or sharded channel whose node the link follows. Without it, any master. */
  key?: string;
  /** Where the link goes, instead of where `address` and `key` say. */
  place?: RedisPlace;
  /** Longest wait for the answer to one command, in milliseconds. */
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** Brings a new connection into the state in which it is `up`. Where it rejects, the connection is given up. */
  prepare(): Promise<void>;
  /** `up` has changed, or a connection was lost before it was up. */
  changed(): void;
  /** A sharded channel is served by another node by now. Without this, the connection is made anew in the right place. */
  moved?(): void;
  /** Redis closed the connection in the middle of a message: that is how it leaves those who read too slowly. */
  cutShort?(): void;
}

/**
 * One connection to Redis that comes back by itself, with a jittered exponential back-off. Nothing is queued
 * while it is away. A connection that stays silent while an answer is due is given up for dead, and one to a server
 * that is the wrong one by now is moved; a heartbeat finds out about both, also where nobody asks for anything.
 */
export class RedisLink {
  readonly #client: Redis;
  readonly #options: RedisLinkOptions;
  readonly #place: RedisPlace;
  readonly #failures: FailureLog;
  #heartbeat: NodeJS.Timeout | undefined;
  /** The server of the present connection. */
  #node: RedisNode | undefined;
  /** What came last on the present connection; only where `cutShort` wants to know. */
  #lastChunk: Buffer | undefined;
  /** Why the connection is about to close, where there is a reason. */
  #failure: unknown;
  #attempts = 0;
  #up = false;
  #closed = false;

  constructor(options: RedisLinkOptions) {
    const { name, address, key, commandTimeoutMs, logger } = options;
    this.#options = options;
    this.#place = options.place ?? placeOf(address, commandTimeoutMs, key);
    const fields = { connection: name, redis: describeAddress(address) };
    this.#failures = new FailureLog(logger, fields, secretsOf(address));
    this.#client = new Redis(this.#clientOptions());
    this.#client.on('error', (error: Error) => {
      this.#failure = error;
    });
    this.#client.on('ready', () => void this.#prepare());
    this.#client.on('close', () => this.#lost());
    // Redis has ended the subscription of a sharded channel, because its slot has gone elsewhere.
    this.#client.on('moved', () => this.#misplaced());
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
    this.#heartbeat = setInterval(() => void this.#beat(), commandTimeoutMs);
  }

  /** Calls `listener` with the channel and text of each message that arrives, on plain and on sharded channels. */
  onMessage(listener: (channel: string, text: string) => void): void {
    const read = (channel: Buffer, bytes: Buffer): void => listener(channel.toString(), textOf(bytes));
    for (const event of MESSAGES) this.#client.on(event, read);
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
      if (MISPLACED.has(replyCode(error))) this.#misplaced();
      throw sourceErrorOf(error, this.#options.commandTimeoutMs, (message, failure) =>
        this.#failures.report(message, failure),
      );
    }
  }

  /**
   * Whether the connection is where it belongs by now; it is moved where it is not. False also where there is none, or
   * another one meanwhile.
   */
  async inPlace(): Promise<boolean> {
    const node = this.#node;
    if (node === undefined) return false;
    const holds = await this.#place.holds(node);
    if (node !== this.#node) return false;
    if (!holds) this.#misplaced();
    return holds;
  }

  /** Ends the connection for good, and resolves when it has ended. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#closed = true;
    this.#up = false;
    for (const event of MESSAGES) this.#client.removeAllListeners(event);
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
      this.#giveUp();
    }
  }

  #prepared(): void {
    this.#up = true;
    this.#attempts = 0;
    this.#failures.reset();
    this.#options.changed();
  }

  async #beat(): Promise<void> {
    await this.run((client) => client.ping()).catch(ignore);
    await this.inPlace();
  }

  /** What is asked for here is somewhere else by now. */
  #misplaced(): void {
    if (this.#options.moved !== undefined) this.#options.moved();
    else this.#giveUp();
  }

  #giveUp(): void {
    if (this.#client.status === 'ready') this.#client.disconnect(true);
  }

  #lost(): void {
    if (this.#closed) return;
    const cutShort = this.#up && this.#endedInMessage();
    // An end without an error is how Redis stops or restarts, unless it never let us in.
    if (!this.#up) this.#failure ??= 'Redis closed the connection before it was ready.';
    if (this.#failure !== undefined) this.#failures.report('The connection to Redis failed.', this.#failure);
    this.#failure = undefined;
    this.#up = false;
    this.#node = undefined;
    this.#lastChunk = undefined;
    this.#options.changed();
    if (cutShort) this.#options.cutShort?.();
  }

  /** Whether it was the other side that ended the connection, and that with a message half sent. */
  #endedInMessage(): boolean {
    const failure = this.#failure;
    const byOtherSide =
      failure === undefined ||
      (failure instanceof Error && 'code' in failure && failure.code === 'ECONNRESET');
    // Every answer and message of Redis ends with a line end.
    return byOtherSide && this.#lastChunk !== undefined && !this.#lastChunk.subarray(-2).equals(LINE_END);
  }

  #clientOptions() {
    const { name, address, commandTimeoutMs, cutShort } = this.#options;
    const connector = connectorTo(this.#place, address.tls, {
      opening: (socket, node) => {
        this.#node = node;
        if (cutShort === undefined) return;
        socket.on('data', (chunk: Buffer) => {
          this.#lastChunk = chunk;
        });
      },
      wrongRole: (role) => {
        this.#failure = `The server is not the master; it says that it is a ${role}.`;
      },
    });
    return {
      ...connectionOptions(name, address, commandTimeoutMs),
      Connector: connector,
      db: address.db,
      retryStrategy: () => backOffMs(this.#attempts++),
      enableOfflineQueue: false,
    } satisfies RedisOptions;
  }
}

function ignore(): void {}
