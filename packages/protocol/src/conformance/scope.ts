import { isDeepStrictEqual } from 'node:util';
import type { HandshakeAuth } from '../events.js';
import type { Arrival } from './inbox.js';
import type { Client, Conformance } from './types.js';

/** How a case wants to be connected. */
export interface ConnectOptions {
  /** Path and query for a raw connection. */
  path?: string;
  /** What a socket.io client gives as `auth`. */
  auth?: HandshakeAuth;
  /** True: the session keeps the server's default projection. False: it starts with the data's own. */
  keepDefaultProjection?: boolean;
}

/** How a door connects. */
export type Connector<C extends Client> = (conformance: Conformance, options: ConnectOptions) => Promise<C>;

const DATA_PROJECTION = 'epsg:4326';

let scopes = 0;

/** What one case works with: connections, names and data of its own, all of which end with it. */
export class Scope<C extends Client = Client> {
  readonly #id = `${process.pid.toString(36)}-${Date.now().toString(36)}-${++scopes}`;
  readonly #clients: C[] = [];
  readonly #keys = new Set<string>();
  #sentinels = 0;

  constructor(
    readonly conformance: Conformance,
    private readonly connector: Connector<C>,
  ) {}

  async connect(options: ConnectOptions = {}): Promise<C> {
    const client = await this.connector(this.conformance, options);
    this.#clients.push(client);
    const { defaultProjection } = this.conformance;
    if (options.keepDefaultProjection !== true && defaultProjection !== DATA_PROJECTION) {
      await client.run(`PROJECTION ${DATA_PROJECTION}`);
    }
    return client;
  }

  /** A client that is subscribed to a channel of its own, after the commands given. */
  async subscribed(...commands: readonly string[]): Promise<{ client: C; channel: string }> {
    const client = await this.connect();
    const channel = this.name();
    for (const command of commands) await client.run(command);
    await client.run(`SUB ${channel}`);
    return { client, channel };
  }

  /** A channel or key that nobody else uses. */
  name(label = 'a'): string {
    return `${this.conformance.prefix}:${this.#id}:${label}`;
  }

  /** Publishes each content as JSON, in order. */
  async publish(channel: string, ...contents: readonly unknown[]): Promise<void> {
    await this.publishText(channel, ...contents.map((content) => JSON.stringify(content)));
  }

  /** Publishes each text as it is, in order. */
  async publishText(channel: string, ...texts: readonly string[]): Promise<void> {
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
   * Publishes texts on a channel and gives those envelopes of it that the client receives. A last message that no
   * box or projection touches marks the end, so nothing has to be waited for in vain.
   */
  async receivedTexts(client: C, channel: string, ...texts: readonly string[]): Promise<readonly Arrival[]> {
    const mark = client.inbox.length;
    const sentinel = { sentinel: `${this.#id}-${++this.#sentinels}` };
    await this.publishText(channel, ...texts, JSON.stringify(sentinel));
    const isSentinel = ({ envelope }: Arrival) =>
      envelope.source === channel && isDeepStrictEqual(envelope.content, sentinel);
    const all = await client.inbox.until(`the last message on ${channel}`, (arrivals) =>
      arrivals.slice(mark).some(isSentinel),
    );
    const arrived = all.slice(mark).filter(({ envelope }) => envelope.source === channel);
    return arrived.slice(0, arrived.findIndex(isSentinel));
  }

  /** Like {@link receivedTexts}: publishes contents as JSON and gives the contents that arrive. */
  async received(client: C, channel: string, ...contents: readonly unknown[]): Promise<unknown[]> {
    const texts = contents.map((content) => JSON.stringify(content));
    const arrivals = await this.receivedTexts(client, channel, ...texts);
    return arrivals.map((arrival) => arrival.envelope.content);
  }

  /** Polls until a condition holds. */
  async eventually(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + this.conformance.timeoutMs;
    while (!(await condition())) {
      if (Date.now() > deadline) throw new Error(`waited ${this.conformance.timeoutMs} ms in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.terminate();
    await Promise.all([...this.#keys].map((key) => this.conformance.backend.del(key)));
  }
}

const POLL_MS = 25;
