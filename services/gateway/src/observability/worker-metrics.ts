import type { GeoPool, GeoPoolObserver, Task, WorkerFailure } from '@viaduct/geo-worker';
import type { Registry } from 'prom-client';
import type { BigMessages, DropReason } from '../workers/big-messages.js';
import type { ReadTurns } from '../workers/read-turns.js';
import { counter, gaugeAtScrape, histogram } from './metric.js';

/** The metrics of the worker pool and of its backlog. */
export class WorkerMetrics implements Pick<GeoPoolObserver, 'done'> {
  readonly #registry: Registry;
  readonly #seconds;
  readonly #failures;
  readonly #retries;
  readonly #dropped;
  readonly #readsRefused;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#seconds = histogram(registry, 'viaduct_worker_task_duration_seconds');
    this.#failures = counter(registry, 'viaduct_worker_failures_total');
    this.#retries = counter(registry, 'viaduct_worker_retries_total');
    this.#readsRefused = counter(registry, 'viaduct_worker_reads_refused_total');
    this.#dropped = counter(registry, 'viaduct_big_messages_dropped_total');
  }

  /** Adds gauges of the backlog, which is empty if there are no workers. */
  watch(pool: GeoPool | null, messages: BigMessages | null, reads: ReadTurns | null): void {
    gaugeAtScrape(
      this.#registry,
      'viaduct_worker_tasks_waiting',
      () => (pool?.waiting ?? 0) + (reads?.waiting ?? 0),
    );
    gaugeAtScrape(this.#registry, 'viaduct_big_messages_waiting', () => messages?.messages ?? 0);
    gaugeAtScrape(this.#registry, 'viaduct_big_messages_waiting_bytes', () => messages?.bytes ?? 0);
  }

  done(kind: Task['kind'], ms: number): void {
    this.#seconds.observe({ kind }, ms / 1000);
  }

  failed(failure: WorkerFailure, again: boolean): void {
    this.#failures.inc({ failure });
    if (again) this.#retries.inc();
  }

  /** A read did not begin, because too many wait for workers. */
  readRefused(): void {
    this.#readsRefused.inc();
  }

  dropped(reason: DropReason): void {
    this.#dropped.inc({ reason });
  }
}
