import type { SnapshotReason, UnrecoveredReason } from '@viaduct/protocol';
import type { Registry } from 'prom-client';
import type { StreamLoss } from '../sources/streams.js';
import { counter } from './metric.js';

/** The metrics of snapshots, recoveries and gaps. */
export class StateMetrics {
  readonly #snapshots;
  readonly #recoveries;
  readonly #gapNotices;
  readonly #losses;

  constructor(registry: Registry) {
    this.#snapshots = counter(registry, 'viaduct_snapshots_sent_total');
    this.#recoveries = counter(registry, 'viaduct_recoveries_total');
    this.#gapNotices = counter(registry, 'viaduct_gap_notices_total');
    this.#losses = counter(registry, 'viaduct_stream_losses_total');
  }

  snapshotSent(reason: SnapshotReason): void {
    this.#snapshots.inc({ reason });
  }

  recovered(outcome: 'recovered' | UnrecoveredReason): void {
    this.#recoveries.inc({ outcome });
  }

  gapTold(): void {
    this.#gapNotices.inc();
  }

  streamLost(reason: StreamLoss): void {
    this.#losses.inc({ reason });
  }
}
