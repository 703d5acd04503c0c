import { integer, MAX_THREADS_BY_ITSELF, threads, variable } from './values.js';

const MINUTE = 60_000;
const MIB = 1024 * 1024;

/** The settings of the worker threads: rows of the table in `config.ts`. */
export const WORKER_VARIABLES = {
  WORKER_THREADS: variable(
    'auto',
    threads(64),
    `Threads for big messages and large hashes, started when there is work. \`auto\`: as many as there are cores, at most ${MAX_THREADS_BY_ITSELF}. 0: the main thread does all.`,
  ),
  WORKER_MIN_BYTES: variable(
    '65536',
    integer(1024, 1024 * MIB),
    'Messages, and values of hashes, of at least so many bytes are worked on in those threads.',
  ),
  WORKER_MIN_HASH_BYTES: variable(
    String(MIB),
    integer(1024, 1024 * MIB),
    'Hashes whose values together have at least so many bytes, about, are worked on there, however small each value is.',
  ),
  WORKER_TIMEOUT_MS: variable(
    '10000',
    integer(100, 10 * MINUTE),
    'A thread that is at one piece of work for longer is replaced, and the work tried once more.',
  ),
  WORKER_QUEUE_BYTES: variable(
    String(64 * MIB),
    integer(MIB, 64 * 1024 * MIB),
    'Big messages, and those behind them in the same channels, that may wait. Past it a channel keeps its newest messages.',
  ),
  WORKER_QUEUE_MESSAGES: variable('10000', integer(10, 10_000_000), 'The same bound, in messages.'),
} as const;
