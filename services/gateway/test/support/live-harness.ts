import { DATA_CRS, GeoMessage } from '@viaduct/geo-worker';
import type { Feature } from 'geojson';
import type { LiveTap } from '../../src/delivery/hub-interfaces.js';
import type { OutMessage } from '../../src/delivery/messages.js';
import { SessionView } from '../../src/session/view.js';
import { HashReader } from '../../src/state/hash-reader.js';
import type { LiveChannel } from '../../src/state/live/live-channel.js';
import { LiveChannels } from '../../src/state/live/live-channels.js';
import type { LiveView, Viewer } from '../../src/state/live/live-view.js';
import { ReadBudget } from '../../src/state/read-budget.js';
import { readerFrom } from './read-harness.js';
import { createLongWork } from './work.js';

/** Live channels on a hash in this process, whose reads a test can hold up. */
export class LiveHarness {
  readonly hash = new Map<string, string>();
  readonly live: LiveChannels;
  #tap: LiveTap | null = null;
  #heldUp: Promise<void> | null = null;
  #failure: Error | null = null;
  #failures: Error | null = null;
  /** The ids that were reported because another feature has them as the other type, and the ids of those. */
  readonly mixedIds: [id: string, other: string][] = [];
  /** Reads of the hash so far. */
  reads = 0;
  /** Reads of single fields so far. */
  fieldReads = 0;
  /** How long a read of the hash takes, in ms. */
  readMs = 0;

  constructor(maxBytes = 2 ** 20) {
    const ignore = (): void => {};
    this.live = new LiveChannels({
      hub: {
        follow: async (_name, tap) => {
          this.#tap = tap;
        },
        unfollow: ignore,
      },
      source: {
        streams: { has: () => false } as never,
        subscribe: async () => {},
        unsubscribe: async () => {},
      },
      hashes: new HashReader(
        { hashEntries: () => this.#read(), hashField: async (_key, field) => this.#readField(field) },
        new ReadBudget(2 ** 30, { evicted: ignore }),
        Number.POSITIVE_INFINITY,
      ),
      longWork: createLongWork(),
      placeWork: createLongWork(),
      metrics: {
        snapshotSent: ignore,
        viewChanged: ignore,
        left: ignore,
        hashRead: ignore,
        withheld: ignore,
      },
      idProperty: '',
      stateSuffix: ':state',
      maxBytes,
      isNotified: () => false,
      notifyMs: 50,
      expiryMs: () => null,
      invalid: ignore,
      mixedIds: (_channel, id, other) => this.mixedIds.push([id, other]),
      failed: (_channel, error) => {
        throw error;
      },
      lost: ignore,
    });
  }

  /** Holds up the next read of the hash, after it has seen the values; returns what lets it continue. */
  holdUpRead(): () => void {
    let release = (): void => {};
    this.#heldUp = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Lets the next read of the hash fail. */
  failRead(error: Error): void {
    this.#failure = error;
  }

  /** Lets all reads of the hash fail from now on; null ends that. */
  failReads(error: Error | null): void {
    this.#failures = error;
  }

  /** Opens a channel for a session. */
  open(name: string): Promise<LiveChannel> {
    return this.live.open(name, readerFrom('here'));
  }

  /**
   * A message of the channel.
   *
   * @param arrivedAt earlier than now if it has waited behind a big message
   */
  publish(text: string, arrivedAt = performance.now()): void {
    const arrival = { text, id: null, timestamp: Date.now(), arrivedAt };
    this.#tap?.take(GeoMessage.parse(text), arrival);
  }

  async #read(): Promise<{ fields: string[]; values: string[] }> {
    this.reads++;
    const entries = { fields: [...this.hash.keys()], values: [...this.hash.values()] };
    const [heldUp, failure] = [this.#heldUp, this.#failure ?? this.#failures];
    this.#heldUp = null;
    this.#failure = null;
    await heldUp;
    if (this.readMs > 0) await new Promise((resolve) => setTimeout(resolve, this.readMs));
    if (failure !== null) throw failure;
    return entries;
  }

  #readField(field: string): string | null {
    this.fieldReads++;
    return this.hash.get(field) ?? null;
  }
}

/** A client whose connection accepts no data while the test says so. */
export class LiveHarnessClient implements Viewer {
  readonly network = '';
  readonly ended = false;
  readonly view = new SessionView(DATA_CRS);
  readonly held = new Map<unknown, Feature>();
  /** Statuses, oldest first. */
  readonly statuses: Record<string, unknown>[] = [];
  readonly outbox: Viewer['outbox'];
  readonly live: LiveView;
  #hasRoom = true;
  #waiting: (() => void)[] = [];
  #arrived = new Set<unknown>();

  constructor(channel: LiveChannel) {
    this.outbox = {
      closed: false,
      needsDrain: false,
      answer: (message) => this.push(message),
      hasRoomFor: () => this.#hasRoom,
      drained: () =>
        this.#hasRoom ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve)),
    };
    this.live = channel.show(this, () => {});
  }

  get ids(): unknown[] {
    return [...this.held.keys()].sort();
  }

  /** The number of `view` statuses so far. */
  get marks(): number {
    return this.statuses.filter(({ status }) => status === 'view').length;
  }

  setBox(minX: number, minY: number, maxX: number, maxY: number): void {
    this.view.setBox({ minX, minY, maxX, maxY });
    this.live.changed();
  }

  /** From now on, nothing fits into the queue. */
  fill(): void {
    this.#hasRoom = false;
  }

  toggle(): void {
    if (this.#hasRoom) this.fill();
    else this.drain();
  }

  drain(): void {
    this.#hasRoom = true;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  push(message: OutMessage): void {
    const { source, content, unlocated } = JSON.parse(message.json) as {
      source: string;
      content: Feature;
      unlocated?: boolean;
    };
    if (source === 'websocket') this.#takeStatus(content as unknown as Record<string, unknown>);
    else {
      this.#arrived.add(content.id);
      if ((content.geometry as unknown) === null && unlocated !== true) this.held.delete(content.id);
      else this.held.set(content.id, content);
    }
  }

  sendEnvelope(message: OutMessage): void {
    this.push(message);
  }

  #takeStatus(status: Record<string, unknown>): void {
    if (status.status === 'snapshot_begin') this.#arrived = new Set();
    if (status.status === 'snapshot_end') {
      for (const id of this.held.keys()) if (!this.#arrived.has(id)) this.held.delete(id);
    }
    if (status.status === 'view') for (const id of status.left as unknown[]) this.held.delete(id);
    this.statuses.push(status);
  }
}
