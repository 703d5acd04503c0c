import { Cluster } from 'ioredis';
import { FailureLog } from '../failure-log.js';
import type { SourceLogger } from '../source.js';
import { sourceErrorOf, unavailable } from './errors.js';
import { backOffMs, connectionOptions, DISCONNECT_TIMEOUT_MS, secretsOf } from './options.js';
import { type ClusterAddress, describeAddress } from './url.js';

/** Most nodes that one command is sent on to, as slots move. */
const MAX_REDIRECTIONS = 5;

/** Wait before a command about keys that are on their way between two nodes is tried again, in milliseconds. */
const MIGRATION_RETRY_MS = 50;

export interface ClusterCommandsOptions {
  /** What the connections are for. Redis shows it in CLIENT LIST as `viaduct:<name>`. */
  name: string;
  address: ClusterAddress;
  /** Longest wait for the answer to one command, in milliseconds. */
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** `up` may have changed. */
  changed(): void;
}

/**
 * Commands about keys in a Redis Cluster: each goes to the master of the key's slot, also while slots move. Nothing is
 * queued while a master is away: commands for it fail at once, and the others go on.
 */
export class ClusterCommands {
  readonly #client: Cluster;
  readonly #options: ClusterCommandsOptions;
  readonly #failures: FailureLog;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempts = 0;
  #checking = false;
  #up = false;
  #closed = false;
  #ended: Promise<void> | undefined;

  constructor(options: ClusterCommandsOptions) {
    const { name, address, logger } = options;
    this.#options = options;
    const fields = { connection: name, redis: describeAddress(address) };
    this.#failures = new FailureLog(logger, fields, secretsOf(address));
    this.#client = this.#createClient();
    this.#client.on('error', (error: Error) => this.#failed(error));
    this.#client.on('node error', (error: Error) => this.#failed(error));
    this.#client.on('ready', () => void this.#check());
    for (const event of ['-node', 'close']) this.#client.on(event, () => this.#lost());
  }

  /** Every slot has a master, and every master answers. */
  get up(): boolean {
    return this.#up;
  }

  /** Begins to connect, and goes on trying until `close`. */
  open(): void {
    // What goes wrong is told by the client's events as well.
    this.#client.connect().catch(ignore);
    this.#heartbeat = setInterval(() => void this.#check(), this.#options.commandTimeoutMs);
  }

  /**
   * Runs commands about keys.
   *
   * @throws SourceError `source_unavailable`, at once where the master is known to be away; `wrong_type`
   */
  async run<T>(commands: (client: Cluster) => Promise<T>): Promise<T> {
    if (this.#client.status !== 'ready') throw unavailable('cannot be reached at the moment');
    try {
      return await commands(this.#client);
    } catch (error) {
      throw sourceErrorOf(error, this.#options.commandTimeoutMs, (message, failure) =>
        this.#failures.report(message, failure),
      );
    }
  }

  /** Ends the connections for good, and resolves when they have ended. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    this.#closed = true;
    this.#up = false;
    if (this.#client.status === 'end') return;
    const ended = new Promise<void>((resolve) => {
      this.#client.once('end', resolve);
      // Between two attempts there is no connection whose end would be told.
      setTimeout(resolve, DISCONNECT_TIMEOUT_MS).unref();
    });
    this.#client.disconnect();
    await ended;
  }

  /** Looks whether the cluster can serve every key; goes on looking while it cannot. */
  async #check(): Promise<void> {
    if (this.#checking || this.#closed) return;
    this.#checking = true;
    clearTimeout(this.#retry);
    try {
      await this.#requireAllMasters();
      this.#attempts = 0;
      this.#failures.reset();
      this.#set(true);
    } catch (error) {
      if (this.#closed) return;
      this.#failed(error);
      this.#set(false);
      // Where masters have changed, the map is as old as the trouble.
      if (this.#client.status === 'ready') this.#client.refreshSlotsCache(ignore);
      this.#retry = setTimeout(() => void this.#check(), backOffMs(this.#attempts++));
    } finally {
      this.#checking = false;
    }
  }

  async #requireAllMasters(): Promise<void> {
    const { status, slots } = this.#client;
    if (status !== 'ready')
      throw new Error(`The connections to the Redis Cluster are not ready (${status}).`);
    const masters = this.#client.nodes('master');
    const there = new Set(masters.map(({ options: { host = '', port = 0 } }) => `${host}:${port}`));
    // Slots that nobody serves are holes in the array.
    for (const owners of slots) {
      const owner = owners?.[0];
      if (owner === undefined || !there.has(owner)) throw new Error('A master of the Redis Cluster is away.');
    }
    const answers = await Promise.all(masters.map((master) => master.cluster('INFO')));
    if (answers.every((answer) => String(answer).includes('cluster_state:ok'))) return;
    throw new Error('The Redis Cluster says that it is not able to serve.');
  }

  #lost(): void {
    if (this.#closed) return;
    this.#set(false);
    // Nodes that are only left out of the map are told of in the same way.
    void this.#check();
  }

  #failed(error: unknown): void {
    if (!this.#closed) this.#failures.report('The connection to Redis failed.', error);
  }

  #set(up: boolean): void {
    if (this.#closed || up === this.#up) return;
    this.#up = up;
    this.#options.changed();
  }

  #createClient(): Cluster {
    const { name, address, commandTimeoutMs } = this.#options;
    return new Cluster([...address.nodes], {
      lazyConnect: true,
      clusterRetryStrategy: (attempt) => backOffMs(attempt - 1),
      redisOptions: connectionOptions(name, address, commandTimeoutMs),
      // Names are resolved where the connection is made, so that certificates are checked by name.
      dnsLookup: (host, found) => found(null, host),
      slotsRefreshInterval: commandTimeoutMs,
      slotsRefreshTimeout: commandTimeoutMs,
      maxRedirections: MAX_REDIRECTIONS,
      retryDelayOnTryAgain: MIGRATION_RETRY_MS,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
    });
  }
}

function ignore(): void {}
