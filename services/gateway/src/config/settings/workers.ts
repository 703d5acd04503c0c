import { bytes, integer, MAX_AUTO_THREADS, setting, threads } from '../setting.js';

const MINUTE = 60_000;
const KIB = 1024;
const MIB = 1024 * KIB;

/** The threads for big messages and large hashes. */
export const WORKER_SETTINGS = {
  WORKER_THREADS: setting(
    'workers.threads',
    'auto',
    threads(64),
    `Threads for big messages and large hashes, started with the first work. \`auto\`: one per core, at most ${MAX_AUTO_THREADS}. 0: the main thread does everything.`,
  ),
  WORKER_MIN_BYTES: setting(
    'workers.minBytes',
    '64 KiB',
    bytes(KIB, 1024 * MIB),
    'Messages, and values of hashes, of at least this size go to the workers.',
  ),
  WORKER_MIN_HASH_BYTES: setting(
    'workers.minHashBytes',
    '1 MiB',
    bytes(KIB, 1024 * MIB),
    'Hashes whose values together have about this size, or more, go to the workers, however small each value is.',
  ),
  WORKER_TIMEOUT_MS: setting(
    'workers.timeoutMs',
    '10000',
    integer(100, 10 * MINUTE),
    'A worker that spends more than this on one task is replaced, and the task is tried once more.',
  ),
  WORKER_QUEUE_BYTES: setting(
    'workers.queueBytes',
    '64 MiB',
    bytes(MIB, 64 * 1024 * MIB),
    'Backlog of big messages and of those behind them in the same channels. Beyond it, a channel keeps its newest messages.',
  ),
  WORKER_QUEUE_MESSAGES: setting(
    'workers.queueMessages',
    '10000',
    integer(10, 10_000_000),
    'The same limit, in messages.',
  ),
} as const;
