import { Redis, type RedisOptions } from 'ioredis';
import { FailureLog } from '../failure-log.js';
import type { SourceLogger } from '../source.js';
import { connectorTo } from './connector.js';
import { replyCode, sourceErrorOf, unavailable } from './errors.js';
import { lastWords } from './last-words.js';
import { backOffMs, connectionOptions, secretsOf } from './options.js';
import type { RedisPlace } from './place.js';
import { placeOf } from './place-of.js';
import { type LinkCommands, Portions } from './portions.js';
import { RefusalWatch } from './refusal-watch.js';
import { Silence } from './silence.js';
import { textOf } from './text.js';
import { describeAddress, type RedisAddress, type RedisNode } from './url.js';

/** The codes of Redis if another server now serves the key: another node, or a new master. */
const MISPLACED = new Set(['MOVED', 'READONLY']);

const NODE_OF_CLUSTER =
  'Redis is a node of a Redis Cluster and does not have the key; set REDIS_URL to redis+cluster://host:port';

/** ioredis's events for messages on plain and on sharded channels. */
const MESSAGES = ['messageBuffer', 'smessageBuffer'] as const;

const CLOSED_EARLY = 'Redis closed the connection before it was ready.';

/** The errors with which a connection ends if data was sent to it. */
const RESETS = /EPIPE|ECONNRESET/u;

const LINE_END = Buffer.from('\r\n');

export interface RedisLinkOptions {
  /** The purpose of the connection. Redis shows it in CLIENT LIST as `viaduct:<name>`. */
  name: string;
  /**
   * The address of a server, of Sentinels whose master the link follows, or of a Redis Cluster, where the link goes to one
   * node.
   */
  address: RedisAddress;
  /** In a Redis Cluster: a key or sharded channel whose node the link follows. Without it, any master. */
  key?: string;
  /** The place of the link, instead of the one that `address` and `key` define. */
  place?: RedisPlace;
  /** The longest silence while a command waits for its answer, in milliseconds. */
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** Prepares a new connection, which is `up` afterwards. If it rejects, the connection is closed. */
  prepare(): Promise<void>;
  /** `up` or `serves` has changed, or a connection was lost before it was up. */
  changed(): void;
  /** Another node now serves a sharded channel. Without this callback, the link reconnects to the right place. */
  moved?(): void;
  /** Redis closed the connection in the middle of a message, as it does with slow subscribers. */
  cutShort?(): void;
  /** Redis answered a PING of the link's own after this time, in milliseconds. */
  answered?(ms: number): void;
}

/**
 * One connection to Redis that reconnects by itself, with a jittered exponential back-off. Nothing is queued meanwhile. A
 * connection that stays silent while an answer is due counts as dead, and one to a server that is no longer the right one
 * is moved; a heartbeat notices both, even without any request.
 */
export class RedisLink {
  readonly #client: Redis;
  readonly #options: RedisLinkOptions;
  readonly #place: RedisPlace;
  readonly #failures: FailureLog;
  readonly #silence: Silence;
  readonly #portions = new Portions();
  readonly #refusals = new RefusalWatch(
    () => this.#ping(),
    () => this.#changed(),
  );
  #heartbeat: NodeJS.Timeout | undefined;
  /** The server of the current connection. */
  #node: RedisNode | undefined;
  /** The last bytes received on the current connection; only if `cutShort` needs them. */
  #lastChunk: Buffer | undefined;
  /** Why the connection is about to close, if there is a reason. */
  #failure: unknown;
  #attempts = 0;
  #hasTried = false;
  #endFirstTry = (): void => {};
  readonly #tried = new Promise<void>((resolve) => {
    this.#endFirstTry = resolve;
  });
  #up = false;
  #closed = false;

  constructor(options: RedisLinkOptions) {
    const { name, address, key, commandTimeoutMs, logger } = options;
    this.#options = options;
    this.#place = options.place ?? placeOf(address, commandTimeoutMs, key);
    const fields = { connection: name, redis: describeAddress(address) };
    this.#failures = new FailureLog(logger, fields, secretsOf(address));
    this.#silence = new Silence(commandTimeoutMs);
    this.#client = new Redis(this.#clientOptions());
    this.#client.on('error', (error: Error) => {
      this.#failure = error;
    });
    this.#client.on('ready', () => void this.#prepare());
    this.#client.on('close', () => this.#lost());
    // Redis has ended the subscription of a sharded channel, because its slot has moved.
    this.#client.on('moved', () => this.#misplaced());
  }

  /** Whether it is connected and prepared. */
  get up(): boolean {
    return this.#up;
  }

  /** Whether the first attempt to connect is over. */
  get hasTried(): boolean {
    return this.#hasTried;
  }

  /** Resolves when the first attempt to connect is over. */
  tried(): Promise<void> {
    return this.#tried;
  }

  /** Whether it is connected and prepared, and Redis does not refuse everything. */
  get serves(): boolean {
    return this.#up && !this.#refusals.refused;
  }

  get whole(): boolean {
    return this.serves;
  }

  /** Begins to connect, and keeps trying until `close`. */
  open(): void {
    // The client's events report failures, too.
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
   * Runs commands on the connection, even before it is prepared.
   *
   * @throws SourceError `source_unavailable`, at once if there is no connection; `not_allowed`; `wrong_type`
   */
  async run<T>(commands: LinkCommands<T>): Promise<T> {
    if (this.#client.status !== 'ready') throw unavailable('cannot be reached at the moment');
    const node = this.#node;
    let over = false;
    const readPortion = this.#portions.turn(() => !over && this.#node === node);
    try {
      return await this.#silence.during(commands(this.#client, readPortion));
    } catch (error) {
      this.#consider(replyCode(error), error);
      throw sourceErrorOf(error, this.#options.commandTimeoutMs, (message, failure) =>
        this.#failures.report(message, failure),
      );
    } finally {
      over = true;
    }
  }

  /** Draws conclusions about the server from the code of a refusal. */
  #consider(code: string, error: unknown): void {
    this.#refusals.notice(code);
    if (!MISPLACED.has(code)) return;
    if (this.#isFixed) {
      // There is no other server to try, and for other keys and clients this is the right one.
      if (code === 'MOVED') this.#failures.report(NODE_OF_CLUSTER, error);
    } else this.#misplaced();
  }

  /** Whether the configuration names this server and no other. */
  get #isFixed(): boolean {
    return this.#options.address.kind === 'server';
  }

  /**
   * Whether the connection is in the right place. If not, moves it. Also false if there is no connection, or if it was
   * replaced meanwhile.
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
    this.#refusals.close();
    this.#endFirstTry();
    this.#closed = true;
    this.#up = false;
    for (const event of MESSAGES) this.#client.removeAllListeners(event);
    const { status } = this.#client;
    if (status === 'end') return;
    // Between two attempts there is no connection to wait for.
    if (status === 'reconnecting') return this.#client.disconnect();
    await new Promise<void>((resolve) => {
      this.#client.once('end', resolve);
      this.#client.disconnect();
    });
  }

  async #prepare(): Promise<void> {
    try {
      await this.#options.prepare();
      await this.#refusals.check();
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
    this.#changed();
  }

  async #ping(): Promise<void> {
    const sentAt = performance.now();
    await this.run(ping);
    if (!this.#closed) this.#options.answered?.(performance.now() - sentAt);
  }

  async #beat(): Promise<void> {
    await this.#refusals.check();
    await this.inPlace();
  }

  /** Another server now serves the key or channel. */
  #misplaced(): void {
    if (this.#options.moved !== undefined) this.#options.moved();
    else this.#giveUp();
  }

  #giveUp(): void {
    if (this.#client.status === 'ready') this.#client.disconnect(true);
  }

  #changed(): void {
    this.#hasTried = true;
    this.#endFirstTry();
    this.#options.changed();
  }

  #lost(): void {
    if (this.#closed) return;
    const cutShort = this.#up && this.#endedInMessage();
    // A Redis that stops or restarts ends the connection without an error. Before the link was up, it is a refusal.
    if (!this.#up) this.#failure ??= CLOSED_EARLY;
    if (this.#failure !== undefined) void this.#report(this.#failure);
    this.#failure = undefined;
    this.#up = false;
    this.#node = undefined;
    this.#lastChunk = undefined;
    this.#changed();
    if (cutShort) this.#options.cutShort?.();
  }

  /** Reports a failure. If Redis closed a new connection at once, reports the reason that Redis gives. */
  async #report(failure: unknown): Promise<void> {
    const [node, isReset] = [this.#node, failure === CLOSED_EARLY || RESETS.test(String(failure))];
    const reason = node !== undefined && isReset && !this.#up ? await lastWords(node) : null;
    if (!this.#closed) this.#failures.report('the connection to Redis failed', reason ?? failure);
  }

  /** Whether the other side ended the connection in the middle of a message. */
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
        // A copy identifies this connection: the next one may be to the same node.
        this.#node = { ...node };
        socket.on('data', (chunk: Buffer) => {
          this.#silence.arrived();
          if (cutShort !== undefined) this.#lastChunk = chunk;
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

/** Redis refuses PING as well when it refuses writes, because it cannot save them; a gateway writes nothing. */
async function ping(client: Redis): Promise<void> {
  await client.ping().catch((error: unknown) => {
    if (replyCode(error) !== 'MISCONF') throw error;
  });
}

function ignore(): void {}
