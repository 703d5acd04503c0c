import { FailureLog } from '../failure-log.js';
import type { SourceLogger } from '../source.js';
import { ClusterMap, type ClusterView } from './cluster-map.js';
import { unavailable } from './errors.js';
import { RedisLink } from './link.js';
import { MasterLinks } from './master-links.js';
import { backOffMs, secretsOf } from './options.js';
import { fixedPlace } from './place.js';
import type { LinkCommands } from './portions.js';
import { asking, type Redirection, redirectionOf } from './redirection.js';
import { type ClusterAddress, describeAddress, type RedisNode } from './url.js';

/** The most nodes to which one command is redirected while slots move. */
const MAX_REDIRECTIONS = 5;

/** A master, and the connection to it. */
interface Master {
  readonly node: RedisNode;
  readonly link: RedisLink;
}

export interface ClusterCommandsOptions {
  /** The purpose of the connections. Redis shows it in CLIENT LIST as `viaduct:<name>`. */
  name: string;
  address: ClusterAddress;
  /** The longest silence while a command waits for its answer, in milliseconds. */
  commandTimeoutMs: number;
  logger: SourceLogger;
  /** `serves` or `whole` may have changed. */
  changed(): void;
  /** A master that could not be reached no longer serves slots: its successor may lack its latest writes. */
  replaced(): void;
}

/**
 * Commands about keys in a Redis Cluster: each goes to the master of the key's slot, even while slots move. There is no
 * queue for an unreachable master: commands for it fail at once, and the others continue.
 */
export class ClusterCommands {
  readonly #options: ClusterCommandsOptions;
  readonly #map: ClusterMap;
  readonly #failures: FailureLog;
  readonly #masters: MasterLinks<Master>;
  #view: ClusterView | undefined;
  #readingMap: Promise<void> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempts = 0;
  /** Whether a node that reaches most of the cluster says that the cluster can serve. */
  #serving = false;
  #closed = false;

  constructor(options: ClusterCommandsOptions) {
    const { name, address, commandTimeoutMs, logger } = options;
    this.#options = options;
    this.#map = new ClusterMap(address, commandTimeoutMs);
    const fields = { connection: name, redis: describeAddress(address) };
    this.#failures = new FailureLog(logger, fields, secretsOf(address));
    this.#masters = new MasterLinks(
      (node) => this.#connect(node),
      ({ link }) => {
        if (!link.serves) options.replaced();
      },
    );
  }

  /** Whether the cluster serves and at least one master answers. */
  get serves(): boolean {
    const { all, haveTried } = this.#masters;
    return this.#serving && haveTried && all.some(({ link }) => link.serves);
  }

  /** Whether the cluster serves and every master answers. */
  get whole(): boolean {
    return this.serves && this.#masters.all.every(({ link }) => link.serves);
  }

  /** Begins to connect, and keeps trying until `close`. */
  open(): void {
    void this.#readMap();
    this.#heartbeat = setInterval(() => void this.#readMap(), this.#options.commandTimeoutMs);
  }

  /**
   * Runs commands about a key or channel, or commands that any node can answer. If a node redirects them, they run again
   * from the beginning at another one.
   *
   * @throws SourceError `source_unavailable`, at once if the master is known to be unreachable; `not_allowed`; `wrong_type`
   */
  async run<T>(commands: LinkCommands<T>, key?: string): Promise<T> {
    let master = key === undefined ? this.#any() : this.#masters.to(this.#view?.ownerOf(key));
    let ask = false;
    for (let redirections = 0; ; redirections++) {
      if (master === undefined) throw unavailable('cannot be reached at the moment');
      await master.link.tried();
      try {
        return await master.link.run(ask ? asking(commands) : commands);
      } catch (error) {
        const redirection: Redirection | null = redirectionOf(error, master.node.host);
        if (redirection === null || redirections === MAX_REDIRECTIONS || this.#closed) throw error;
        master = this.#masters.open(redirection.node);
        ask = redirection.ask;
      }
    }
  }

  /** Ends the connections for good, and resolves when they have ended. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    this.#closed = true;
    this.#serving = false;
    await this.#masters.close();
  }

  #any(): Master | undefined {
    return this.#masters.all.find(({ link }) => link.serves);
  }

  #connect(node: RedisNode): Master {
    const link: RedisLink = new RedisLink({
      ...this.#options,
      place: fixedPlace(node),
      prepare: async () => {},
      changed: () => {
        // Another node may have taken over.
        if (!link.up) void this.#readMap();
        this.#changed();
      },
      moved: () => void this.#readMap(),
    });
    return { node, link };
  }

  /** Asks which master serves which slots, once at a time. If no node answers, tries again. */
  #readMap(): Promise<void> {
    this.#readingMap ??= this.#readMapNow().finally(() => {
      this.#readingMap = undefined;
    });
    return this.#readingMap;
  }

  async #readMapNow(): Promise<void> {
    clearTimeout(this.#retry);
    try {
      const view = await this.#map.view();
      if (this.#closed) return;
      this.#view = view;
      this.#masters.match(view.masters);
      this.#serving = true;
      this.#attempts = 0;
      this.#failures.reset();
    } catch (error) {
      if (this.#closed) return;
      this.#serving = false;
      this.#failures.report('the connection to Redis failed', error);
      this.#retry = setTimeout(() => void this.#readMap(), backOffMs(this.#attempts++));
    }
    this.#changed();
  }

  #changed(): void {
    if (!this.#closed) this.#options.changed();
  }
}
