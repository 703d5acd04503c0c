import { DELAY_BUCKETS, type MetricSection } from '../metric-spec.js';

export const WORKER_METRICS = {
  viaduct_worker_task_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time that a worker thread spent on a task: a big message, or a portion of a large hash.',
    labels: { kind: ['message', 'portion'] },
    buckets: DELAY_BUCKETS,
  },
  viaduct_worker_tasks_waiting: {
    type: 'gauge',
    unit: 'tasks',
    help: 'Tasks that wait for a worker thread.',
  },
  viaduct_worker_failures_total: {
    type: 'counter',
    unit: 'threads',
    help: 'Worker threads that were replaced because they crashed, or because one task took too long.',
    labels: { failure: ['crash', 'timeout'] },
  },
  viaduct_worker_retries_total: {
    type: 'counter',
    unit: 'tasks',
    help: 'Tasks that were given to another worker thread because the first one failed.',
  },
  viaduct_big_messages_waiting: {
    type: 'gauge',
    unit: 'messages',
    help: 'Big messages that wait for a worker thread or are being processed, and the messages behind them in their channels.',
  },
  viaduct_big_messages_waiting_bytes: { type: 'gauge', unit: 'bytes', help: 'Size of these messages.' },
  viaduct_worker_reads_refused_total: {
    type: 'counter',
    unit: 'reads',
    help: 'Reads of large hashes and fields that were refused with `overloaded`, because too many wait for workers.',
  },
  viaduct_big_messages_dropped_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages that were dropped because too many waited for workers (queue), or because two workers failed on them (worker).',
    labels: { reason: ['queue', 'worker'] },
  },
} as const satisfies MetricSection;
