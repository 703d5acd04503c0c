import { isDeepStrictEqual } from 'node:util';
import type { HandshakeAuth } from '../events.js';
import type { Arrival } from './inbox.js';
import type { Client, Conformance } from './types.js';

/** Options for the connections of a case. */
export interface ConnectOptions {
  /** Path and query for a raw connection. */
  path?: string;
  /** WebSocket subprotocols that a raw connection offers. */
  protocols?: readonly string[];
  /** socket.io's `auth`. */
  auth?: HandshakeAuth;
  /** True: the session keeps the server's default projection. False: it starts with the data's own. */
  keepDefaultProjection?: boolean;
}

/** How a transport connects. */
export type Connector<C extends Client> = (conformance: Conformance, options: ConnectOptions) => Promise<C>;

const DATA_PROJECTION = 'epsg:4326';

let scopes = 0;

/** The connections, names and data of one case. They end with it. */
export class Scope<C extends Client = Client> {
  readonly #connector: Connector<C>;
  readonly #id = `${process.pid.toString(36)}-${Date.now().toString(36)}-${++scopes}`;
  /** The channel that most cases use. */
  readonly channel: string;
  readonly #clients: C[] = [];
  readonly #keys = new Set<string>();
  #sentinels = 0;

  constructor(
    readonly conformance: Conformance,
    connector: Connector<C>,
  ) {
    this.#connector = connector;
    this.channel = this.name('channel');
  }

  async connect(options: ConnectOptions = {}): Promise<C> {
    const client = await this.#connector(this.conformance, options);
    this.#clients.push(client);
    const { defaultProjection } = this.conformance;
    if (options.keepDefaultProjection !== true && defaultProjection !== DATA_PROJECTION) {
      await client.run(`PROJECTION ${DATA_PROJECTION}`);
    }
    return client;
  }

  /** A client that is subscribed to the case's channel, after the given commands. */
  async subscribed(...commands: readonly string[]): Promise<C> {
    const client = await this.connect();
    for (const command of [...commands, `SUB ${this.channel}`]) {
      const { status } = await client.run(command);
      if (status.status !== 'ok') throw new Error(`${command} was refused: ${status.message}`);
    }
    return client;
  }

  /** A channel or key that no other case uses; the same for the same label. */
  name(label: string): string {
    return `${this.conformance.prefix}:${this.#id}:${label}`;
  }

  /** Publishes each text as it is, in order. */
  async publish(texts: readonly string[], channel = this.channel): Promise<void> {
    await Promise.all(texts.map((text) => this.conformance.backend.publish(channel, text)));
  }

  /** Fills a hash with values as JSON. */
  async hset(key: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const texts = Object.entries(values).map(([field, value]) => [field, JSON.stringify(value)]);
    await this.hsetText(key, Object.fromEntries(texts));
  }

  /** Fills a hash with texts as they are. */
  async hsetText(key: string, values: Readonly<Record<string, string>>): Promise<void> {
    this.#keys.add(key);
    await this.conformance.backend.hset(key, values);
  }

  /** Gives a key a plain string value. */
  async set(key: string, value: string): Promise<void> {
    this.#keys.add(key);
    await this.conformance.backend.set(key, value);
  }

  /**
   * Publishes texts and returns the envelopes of the channel that each client receives. A last message that passes
   * every box and projection marks the end, so nothing waits for a timeout.
   */
  async arrivals(
    clients: readonly C[],
    texts: readonly string[],
    channel = this.channel,
  ): Promise<(readonly Arrival[])[]> {
    const sentinel = { sentinel: `${this.#id}-${++this.#sentinels}` };
    const isSentinel = ({ envelope }: Arrival) =>
      envelope.source === channel && isDeepStrictEqual(envelope.content, sentinel);
    const marks = clients.map((client) => client.inbox.length);
    await this.publish([...texts, JSON.stringify(sentinel)], channel);
    return Promise.all(
      clients.map(async ({ inbox }, i) => {
        const mark = marks[i] ?? 0;
        const all = await inbox.until(`the last message on ${channel}`, (seen) =>
          seen.slice(mark).some(isSentinel),
        );
        const arrived = all.slice(mark).filter(({ envelope }) => envelope.source === channel);
        return arrived.slice(0, arrived.findIndex(isSentinel));
      }),
    );
  }

  /** Publishes contents as JSON and returns those that each client receives. */
  async receivedByEach(clients: readonly C[], contents: readonly unknown[]): Promise<unknown[][]> {
    const texts = contents.map((content) => JSON.stringify(content));
    const arrivals = await this.arrivals(clients, texts);
    return arrivals.map((list) => list.map((arrival) => arrival.envelope.content));
  }

  /** Publishes contents as JSON and returns those that the client receives. */
  async received(client: C, contents: readonly unknown[]): Promise<unknown[]> {
    const [received] = await this.receivedByEach([client], contents);
    return received ?? [];
  }

  /** The promise's outcome, or an error if it takes longer than allowed. */
  within<T>(what: string, promise: Promise<T>): Promise<T> {
    return withDeadline(what, promise, this.conformance.timeoutMs);
  }

  /** Polls until a condition holds. */
  async eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + this.conformance.timeoutMs;
    while (!(await condition())) {
      if (Date.now() > deadline)
        throw new Error(`timed out after ${this.conformance.timeoutMs} ms waiting for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    await Promise.all([...this.#keys].map((key) => this.conformance.backend.del(key)));
  }
}

const POLL_MS = 25;

/** The promise's outcome, or an error that names the condition if it takes longer than `ms` milliseconds. */
export async function withDeadline<T>(what: string, promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after ${ms} ms waiting for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Cases by their expectation, each written once for every transport whose clients are a `C`. */
export type Cases<C extends Client = Client> = Readonly<Record<string, (scope: Scope<C>) => Promise<void>>>;
