import { LiveCollection, type StateChange, type SubscriptionEvent, type Viaduct } from '@viaduct/client';
import { LiveVectorSource } from '@viaduct/client/openlayers';
import type { FeedReport } from '../../src/feed.js';
import type { Kind } from './map/symbols.js';
import { type Pan, PanMeter } from './pan.js';

/** The channel of each kind of vehicle, and the hash with its current state. */
export const CHANNELS = { train: 'demo:trains', plane: 'demo:planes' } as const satisfies Record<
  Kind,
  string
>;

/** The channel of the feed's reports about itself. */
const FEED = 'demo:feed';

export interface TrafficObserver {
  /** Number of received updates, and their delays since the gateway received them, in milliseconds. */
  updated(count: number, delays: readonly number[]): void;
  /** The feed's last report. */
  reported(report: FeedReport): void;
  /** The view has changed. */
  panned(pan: Pan): void;
  /** The gateway refuses a channel. */
  refused(channel: string, reason: string): void;
}

/** The current trains and planes, in the box and projection of the session. */
export class Traffic {
  readonly sources: Readonly<Record<Kind, LiveVectorSource>>;
  readonly #collections: readonly LiveCollection[];

  /** Subscribes to everything. */
  constructor(viaduct: Viaduct, observer: TrafficObserver) {
    const collect = (kind: Kind): LiveCollection => {
      const collection = new LiveCollection(viaduct, CHANNELS[kind]);
      collection.on('state', (change) => reportRefusal(CHANNELS[kind], change, observer));
      return collection;
    };
    const [train, plane] = [collect('train'), collect('plane')];
    this.#collections = [train, plane];
    new PanMeter(viaduct, this.#collections, (pan) => observer.panned(pan));
    this.sources = { train: new LiveVectorSource(train), plane: new LiveVectorSource(plane) };
    // Besides the collections, to see every update as it arrives.
    for (const channel of Object.values(CHANNELS)) {
      viaduct.subscribe(channel, { onBatch: (events) => measure(events, observer) });
    }
    viaduct.subscribe(FEED, { onMessage: (content) => observer.reported(content as FeedReport) });
  }

  /** Known vehicles, all of them in the box. */
  get size(): number {
    return this.#collections.reduce((sum, { size }) => sum + size, 0);
  }
}

function measure(events: readonly SubscriptionEvent[], observer: TrafficObserver): void {
  const now = Date.now();
  const updates = events.filter((event) => event.type === 'feature' && !event.fromSnapshot);
  if (updates.length === 0) return;
  observer.updated(
    updates.length,
    updates.flatMap((event) => ('timestamp' in event ? [now - event.timestamp] : [])),
  );
}

function reportRefusal(channel: string, { state, error }: StateChange, observer: TrafficObserver): void {
  if (state === 'ended' && error?.name === 'ViaductError') observer.refused(channel, error.message);
}
