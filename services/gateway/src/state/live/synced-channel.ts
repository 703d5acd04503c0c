import type { GeoMessage } from '@viaduct/geo-worker';
import type { LiveFeature } from './live-feature.js';
import type { LiveIndex } from './live-index.js';
import type { Moment } from './live-services.js';

/** What the synchronization with the hash needs of a channel. */
export interface SyncedChannel {
  readonly name: string;
  readonly index: LiveIndex;
  /** True while it sends what was missed in a gap. */
  repairing: boolean;
  put(key: string, content: GeoMessage, moment: Moment, field?: string): void;
  drop(feature: LiveFeature, event: 'remove'): void;
  /** The index is now in line with the hash. */
  repaired(): void;
  /** The text that will fill the index takes this many bytes. */
  coming(bytes: number): void;
  /** The hash can no longer be read. */
  unreadable(error: unknown): void;
}
