import type { LeaveEvent, SnapshotReason } from '@viaduct/protocol';
import type { SessionName } from '../../delivery/connection.js';
import type { Arrival } from '../../delivery/hub-interfaces.js';
import type { Source } from '../../sources/source.js';
import type { HashReader } from '../hash-reader.js';
import type { LongWork } from '../long-work.js';
import type { LiveMemory } from './live-index.js';

/** Why a hash is read for a live channel. */
export type LiveReadReason = 'start' | 'gap' | 'notify' | 'expire';

/** When a message reached the gateway, or a value was read. */
export type Moment = Pick<Arrival, 'id' | 'timestamp' | 'arrivedAt'>;

/** The moment of a change that a read of the hash has just found. */
export function now(): Moment {
  return { id: null, timestamp: Date.now(), arrivedAt: performance.now() };
}

/** What live channels report; every call is cheap. */
export interface LiveMetrics {
  snapshotSent(reason: SnapshotReason): void;
  /** A view changed, and the difference is sent. */
  viewChanged(): void;
  /** A feature left the views of this number of sessions. */
  left(event: LeaveEvent, sessions: number): void;
  /** Something that is not GeoJSON was not sent to sessions with an area. */
  withheld(where: 'channel' | 'hash', count?: number): void;
  /** A hash was read. */
  hashRead(reason: LiveReadReason): void;
}

/** What all live channels of a gateway share. */
export interface LiveServices {
  readonly source: Pick<Source, 'changesOf' | 'streams' | 'subscribe' | 'unsubscribe'>;
  readonly hashes: HashReader;
  readonly longWork: LongWork;
  /** Finding the places of all features in a CRS. It has rounds of its own: the sessions that need it queue for long work. */
  readonly placeWork: LongWork;
  readonly metrics: LiveMetrics;
  /** Member of `properties` that identifies a Feature without an `id`; empty for none. */
  readonly idProperty: string;
  /** What the name of the hash with a stream's state has behind the stream's own name. */
  readonly stateSuffix: string;
  /** Whether the hash of a channel may change without a message. */
  readonly isNotified: (channel: string) => boolean;
  /** Shortest time between two reads after such changes, in ms. */
  readonly notifyMs: number;
  /** How long a feature of a channel stays without news, in ms; null for ever. */
  readonly expiryMs: (channel: string) => number | null;
  /** The memory that all channels take. */
  readonly memory: LiveMemory;
  /** Reports a value or message that is not JSON. */
  invalid(channel: string, error: unknown): void;
  /**
   * Reports that a message or a value of the hash has an id which another feature has as text instead of a number, or the
   * reverse.
   *
   * @param id as JSON, like `other`
   */
  mixedIds(channel: string, id: string, other: string): void;
  /** Reports a defect. */
  failed(channel: string, error: unknown, session?: SessionName): void;
}
