import type { SnapshotReason, UnrecoveredReason } from '@viaduct/protocol';
import type { Registry } from 'prom-client';
import type { StreamLoss } from '../sources/streams.js';
import type { ReadBudget } from '../state/read-budget.js';
import { counter, gaugeAtScrape } from './metric.js';

/** The metrics of snapshots, recoveries and gaps. */
export class StateMetrics {
  readonly #snapshots;
  readonly #recoveries;
  readonly #gapNotices;
  readonly #losses;
  readonly #evictions;
  readonly #registry: Registry;
  readonly #withheld;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#evictions = counter(registry, 'viaduct_read_evictions_total');
    this.#snapshots = counter(registry, 'viaduct_snapshots_sent_total');
    this.#recoveries = counter(registry, 'viaduct_recoveries_total');
    this.#gapNotices = counter(registry, 'viaduct_gap_notices_total');
    this.#losses = counter(registry, 'viaduct_stream_losses_total');
    this.#withheld = counter(registry, 'viaduct_area_withheld_total');
  }

  /** Adds gauges that read the budget at every scrape. */
  watch(budget: Pick<ReadBudget, 'bytes' | 'waiting'>): void {
    gaugeAtScrape(this.#registry, 'viaduct_read_bytes', () => budget.bytes);
    gaugeAtScrape(this.#registry, 'viaduct_reads_waiting', () => budget.waiting);
  }

  /** A session that read too slowly was closed, to make room for other reads. */
  readEvicted(): void {
    this.#evictions.inc();
  }

  snapshotSent(reason: SnapshotReason): void {
    this.#snapshots.inc({ reason });
  }

  recovered(outcome: 'recovered' | UnrecoveredReason): void {
    this.#recoveries.inc({ outcome });
  }

  /** Something that is not GeoJSON was not sent to sessions with an area. */
  withheld(where: 'channel' | 'hash', count = 1): void {
    this.#withheld.inc({ where }, count);
  }

  gapReported(): void {
    this.#gapNotices.inc();
  }

  streamLost(reason: StreamLoss): void {
    this.#losses.inc({ reason });
  }
}
