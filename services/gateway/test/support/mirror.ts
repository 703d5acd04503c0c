import type { Envelope, SnapshotBeginStatus, SnapshotEndStatus } from '@viaduct/protocol';
import { STATUS_SOURCE } from '@viaduct/protocol';

interface MirroredFeature {
  n: number;
  coordinates: readonly number[];
}

interface PublishedFeature {
  id: number;
  properties: { n: number };
  geometry: { coordinates: readonly number[] } | null;
}

/** The features that a client of a channel derives from the envelopes, as a map would show them. */
export class Mirror {
  readonly #channel: string;
  readonly features = new Map<number, MirroredFeature>();
  /** Numbers of the changes that arrived outside snapshots. */
  readonly live: number[] = [];
  readonly begun: SnapshotBeginStatus[] = [];
  readonly ended: SnapshotEndStatus[] = [];
  /** References of the envelopes that begin and end snapshots. */
  readonly references: (string | null)[] = [];
  #inSnapshot: Set<number> | null = null;

  constructor(channel: string) {
    this.#channel = channel;
  }

  take({ source, content, client_reference: reference }: Envelope): void {
    if (source === STATUS_SOURCE) this.#takeStatus(content, reference);
    else if (source === this.#channel) this.#takeFeature(content as PublishedFeature);
  }

  /** The number of the latest change of each feature. */
  get numbers(): Map<number, number> {
    return new Map([...this.features].map(([id, { n }]) => [id, n]));
  }

  #takeStatus(content: unknown, reference: string | null): void {
    const { status } = content as { status?: string };
    if (status === 'snapshot_begin') {
      if (this.#inSnapshot !== null) throw new Error('a snapshot began in a snapshot');
      this.begun.push(content as SnapshotBeginStatus);
      this.references.push(reference);
      this.#inSnapshot = new Set();
    } else if (status === 'snapshot_end') {
      const seen = this.#inSnapshot;
      const end = content as SnapshotEndStatus;
      if (seen?.size !== end.count) throw new Error(`${seen?.size} values in a snapshot of ${end.count}`);
      for (const id of this.features.keys()) if (!seen.has(id)) this.features.delete(id);
      this.ended.push(end);
      this.references.push(reference);
      this.#inSnapshot = null;
    }
  }

  #takeFeature({ id, properties: { n }, geometry }: PublishedFeature): void {
    if (this.#inSnapshot === null) this.live.push(n);
    else this.#inSnapshot.add(id);
    if (geometry === null) this.features.delete(id);
    else this.features.set(id, { n, coordinates: geometry.coordinates });
  }
}
