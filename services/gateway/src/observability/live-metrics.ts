import type { LeaveEvent, SnapshotReason } from '@viaduct/protocol';
import type { Registry } from 'prom-client';
import type { LiveReadReason } from '../state/live/live-services.js';
import { counter, gaugeAtScrape } from './metric.js';
import type { StateMetrics } from './state-metrics.js';

/** What every scrape reads from the live channels. */
export interface LiveFigures {
  readonly size: number;
  readonly features: number;
  readonly bytes: number;
}

/** The metrics about live views. */
export class LiveMetrics {
  readonly #registry: Registry;
  readonly #state: StateMetrics;
  readonly #viewChanges;
  readonly #leaves;
  readonly #reads;

  constructor(registry: Registry, state: StateMetrics) {
    this.#registry = registry;
    this.#state = state;
    this.#viewChanges = counter(registry, 'viaduct_live_view_changes_total');
    this.#leaves = counter(registry, 'viaduct_live_leaves_total');
    this.#reads = counter(registry, 'viaduct_live_reads_total');
  }

  /** Adds gauges about the live channels. */
  watch(live: LiveFigures): void {
    gaugeAtScrape(this.#registry, 'viaduct_live_channels', () => live.size);
    gaugeAtScrape(this.#registry, 'viaduct_live_features', () => live.features);
    gaugeAtScrape(this.#registry, 'viaduct_live_bytes', () => live.bytes);
  }

  snapshotSent(reason: SnapshotReason): void {
    this.#state.snapshotSent(reason);
  }

  withheld(where: 'channel' | 'hash', count?: number): void {
    this.#state.withheld(where, count);
  }

  viewChanged(): void {
    this.#viewChanges.inc();
  }

  left(event: LeaveEvent, sessions: number): void {
    if (sessions > 0) this.#leaves.inc({ event }, sessions);
  }

  hashRead(reason: LiveReadReason): void {
    this.#reads.inc({ reason });
  }
}
