import { type Envelope, STATUS_SOURCE } from '@viaduct/protocol';
import type { TestClient } from '@viaduct/testkit/clients';
import type { Feature } from 'geojson';

/** A client with a live view of one channel, and the set that it holds according to PROTOCOL.md, "Live views". */
export class LiveClient {
  readonly client: TestClient;
  readonly channel: string;
  /** Every envelope of the channel, and every status about it. */
  readonly seen: Envelope[] = [];
  readonly held = new Map<unknown, Feature>();
  /** At each mark, the sorted ids of the features that it held, and the client reference that was confirmed last. */
  readonly marks: { readonly after: string | null; readonly ids: readonly unknown[] }[] = [];
  /** The contents so far of the arriving snapshot; null if none is arriving. */
  #arrived: Set<unknown> | null = null;
  #confirmed: string | null = null;
  #marker: unknown = null;

  constructor(client: TestClient, channel: string) {
    this.client = client;
    this.channel = channel;
  }

  /** Subscribes, after other commands; resolves when the first view is complete. */
  static async open(client: TestClient, channel: string, ...before: string[]): Promise<LiveClient> {
    const live = new LiveClient(client, channel);
    for (const line of before) await client.run(line);
    await live.follow(`SUB ${channel} live=true`);
    return live;
  }

  /** Subscribes with a command; resolves when the first view is complete. */
  async follow(line: string): Promise<void> {
    this.client.inbox.onEach((envelope) => this.#take(envelope));
    await this.run(line);
  }

  /** Sorted ids of the features that the client holds. */
  get ids(): unknown[] {
    return [...this.held.keys()].sort();
  }

  /** The latest message of the channel that was not a feature. */
  get marker(): unknown {
    return this.#marker;
  }

  /** Runs a command that changes the view, and waits for the mark that follows it. */
  async run(line: string): Promise<void> {
    const before = this.marks.length;
    const { status } = await this.client.run(line);
    if (status.status !== 'ok') throw new Error(`${line}: ${JSON.stringify(status)}`);
    await this.client.inbox.until(`a mark after ${line}`, () => this.marks.length > before);
  }

  #take(envelope: Envelope): void {
    const { source, content } = envelope;
    const status = content as { status?: string; channel?: string } | null;
    if (source === this.channel) {
      if ((content as { type?: unknown } | null)?.type !== 'Feature') this.#marker = content;
      else this.#takeFeature(content as Feature);
      this.seen.push(envelope);
    } else if (source === STATUS_SOURCE && status?.channel === this.channel) {
      this.#takeStatus(status.status, content);
      this.seen.push(envelope);
    } else if (source === STATUS_SOURCE && status?.status === 'ok')
      this.#confirmed = envelope.client_reference;
  }

  #takeFeature(feature: Feature): void {
    if ((feature.geometry as unknown) === null) {
      this.held.delete(feature.id);
      this.#arrived?.delete(feature.id);
    } else {
      this.held.set(feature.id, feature);
      this.#arrived?.add(feature.id);
    }
  }

  #takeStatus(status: string | undefined, content: unknown): void {
    if (status === 'snapshot_begin') this.#arrived = new Set();
    if (status === 'snapshot_end') {
      for (const id of this.held.keys()) if (this.#arrived?.has(id) !== true) this.held.delete(id);
      this.#arrived = null;
    }
    if (status === 'view') {
      for (const id of (content as { left: unknown[] }).left) this.held.delete(id);
    }
    if (status === 'view' || status === 'snapshot_end')
      this.marks.push({ after: this.#confirmed, ids: this.ids });
  }
}

/** A point feature as JSON text. */
export function point(id: string | number, lon: number, lat: number, properties: object = {}): string {
  return JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [lon, lat] },
    properties,
  });
}

/** The announcement that a feature is gone, as JSON text. */
export function gone(id: string | number): string {
  return JSON.stringify({ type: 'Feature', id, geometry: null, properties: null });
}
