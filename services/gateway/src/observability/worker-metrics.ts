import type { GeoPool, GeoPoolObserver, Task, WorkerFailure } from '@viaduct/geo-worker';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BigMessages, DropReason } from '../workers/big-messages.js';

const KINDS: readonly Task['kind'][] = ['message', 'portion'];
const FAILURES: readonly WorkerFailure[] = ['crash', 'timeout'];
const REASONS: readonly DropReason[] = ['queue', 'worker'];

/** Seconds. From a message that is just big enough to what takes a worker its whole time. */
const TASK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The series of the worker pool and of the messages that wait for it. */
export class WorkerMetrics implements Pick<GeoPoolObserver, 'done'> {
  readonly #seconds: Histogram<'kind'>;
  readonly #failures: Counter<'failure'>;
  readonly #retries: Counter;
  readonly #dropped: Counter<'reason'>;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.#seconds = new Histogram({
      name: 'viaduct_worker_task_duration_seconds',
      help: 'Time that a worker thread was at a task: a big message, or a portion of a large hash.',
      labelNames: ['kind'],
      buckets: TASK_BUCKETS,
      registers,
    });
    for (const kind of KINDS) this.#seconds.zero({ kind });
    this.#failures = new Counter({
      name: 'viaduct_worker_failures_total',
      help: 'Worker threads that were replaced because they crashed, or were at one task for too long.',
      labelNames: ['failure'],
      registers,
    });
    for (const failure of FAILURES) this.#failures.inc({ failure }, 0);
    this.#retries = new Counter({
      name: 'viaduct_worker_retries_total',
      help: 'Tasks that were given to another worker thread because one had failed with them.',
      registers,
    });
    this.#dropped = new Counter({
      name: 'viaduct_big_messages_dropped_total',
      help: 'Messages dropped because too many waited for workers (queue) or two workers failed with them (worker).',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of REASONS) this.#dropped.inc({ reason }, 0);
  }

  /** Shows what waits; nothing, where there are no workers. */
  watch(pool: GeoPool | null, messages: BigMessages | null): void {
    const gauge = (name: string, help: string, value: () => number): void => {
      const registers = [this.registry];
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    };
    gauge('viaduct_worker_tasks_waiting', 'Tasks that wait for a worker thread.', () => pool?.waiting ?? 0);
    gauge(
      'viaduct_big_messages_waiting',
      'Big messages, and those behind them in their channels, that wait or are worked on.',
      () => messages?.messages ?? 0,
    );
    gauge('viaduct_big_messages_waiting_bytes', 'Bytes of those messages.', () => messages?.bytes ?? 0);
  }

  done(kind: Task['kind'], ms: number): void {
    this.#seconds.observe({ kind }, ms / 1000);
  }

  failed(failure: WorkerFailure, again: boolean): void {
    this.#failures.inc({ failure });
    if (again) this.#retries.inc();
  }

  dropped(reason: DropReason): void {
    this.#dropped.inc({ reason });
  }
}
