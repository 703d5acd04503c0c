import { type SnapshotReason, UNRECOVERED, type UnrecoveredReason } from '@viaduct/protocol';
import { Counter, type Registry } from 'prom-client';
import type { StreamLoss } from '../sources/streams.js';

const SNAPSHOT_REASONS: readonly SnapshotReason[] = ['subscribed', 'gap'];
const STREAM_LOSSES: readonly StreamLoss[] = ['trimmed', 'unknown_id'];

/** The series about how clients are brought up to date. */
export class StateMetrics {
  readonly #snapshots: Counter<'reason'>;
  readonly #recoveries: Counter<'outcome'>;
  readonly #gapNotices: Counter;
  readonly #losses: Counter<'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#snapshots = new Counter({
      name: 'viaduct_snapshots_sent_total',
      help: 'Snapshots sent with subscriptions, by reason: the client asked, or messages may have been missed (gap).',
      labelNames: ['reason'],
      registers,
    });
    this.#recoveries = new Counter({
      name: 'viaduct_recoveries_total',
      help: 'Subscriptions that asked for the entries of a stream after an id: recovered, or why they were not.',
      labelNames: ['outcome'],
      registers,
    });
    this.#gapNotices = new Counter({
      name: 'viaduct_gap_notices_total',
      help: 'Notices to sessions that messages of some of their channels may have been missed.',
      registers,
    });
    this.#losses = new Counter({
      name: 'viaduct_stream_losses_total',
      help: 'Times that entries of a stream were lost before the gateway could read them, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of SNAPSHOT_REASONS) this.#snapshots.inc({ reason }, 0);
    for (const outcome of ['recovered', ...Object.keys(UNRECOVERED)]) this.#recoveries.inc({ outcome }, 0);
    for (const reason of STREAM_LOSSES) this.#losses.inc({ reason }, 0);
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
