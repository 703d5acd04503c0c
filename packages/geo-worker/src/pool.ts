import { Piscina } from 'piscina';
import type { ResultOf, Task } from './tasks.js';

/** Why a worker did not do a task: it ended or threw, or it was at it for too long. */
export type WorkerFailure = 'crash' | 'timeout';

/** What the pool reports. */
export interface GeoPoolObserver {
  /** A task was done. @param ms from its start in a thread to its result */
  done(kind: Task['kind'], ms: number): void;
  /** A worker failed with a task and was replaced. @param again whether the task is tried once more */
  failed(kind: Task['kind'], failure: WorkerFailure, again: boolean, error: unknown): void;
}

export interface GeoPoolOptions {
  /** How many threads there may be; they start when there is work, and end when there is none for a while. */
  threads: number;
  /** A worker that is at one task for longer is ended, in ms. */
  timeoutMs: number;
  /** A worker whose heap grows beyond is ended, in MiB; 512 by default. */
  heapMb?: number;
  observer: GeoPoolObserver;
  /** The worker's file; the package's own by default. */
  file?: URL;
}

/** A task that two workers failed with, or that was given up because the pool is closed. */
export class GeoPoolError extends Error {
  override readonly name = 'GeoPoolError';
}

/** How often a task is given to a worker at most. */
const ATTEMPTS = 2;

/** A thread without work for so long ends, in ms. */
const IDLE_MS = 10 * 60_000;

const HEAP_MB = 512;

const WORKER = new URL('./worker.js', import.meta.url);

/**
 * Threads that do what would hold the event loop for too long. Tasks begin in the order in which they were given; how
 * many may wait is for the caller to bound, by {@link GeoPool.waiting}.
 */
export class GeoPool {
  readonly threads: number;
  readonly #piscina: Piscina<Task, unknown>;
  readonly #timeoutMs: number;
  readonly #observer: GeoPoolObserver;
  /** Tasks that wait for a thread, as the functions that let them begin. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;

  constructor({ threads, timeoutMs, heapMb = HEAP_MB, observer, file = WORKER }: GeoPoolOptions) {
    this.threads = threads;
    this.#timeoutMs = timeoutMs;
    this.#observer = observer;
    this.#piscina = new Piscina({
      filename: file.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      // What the process was started with, a debugger or a module to load first, is not meant for its threads.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    // Told besides the failed task of a worker that ended; without a listener it would end the process.
    this.#piscina.on('error', () => {});
  }

  /** Tasks that a thread is at. */
  get running(): number {
    return this.#running;
  }

  /** Tasks that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Has a task done. One that a worker fails with is given to another worker once.
   *
   * @throws GeoPoolError where that fails, too, or the pool is closed
   */
  async run<T extends Task>(task: T): Promise<ResultOf<T>> {
    await this.#thread();
    try {
      return (await this.#attempts(task)) as ResultOf<T>;
    } finally {
      this.#passOn();
    }
  }

  /** Ends the threads; what they are at and what waits fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const begin of this.#waiting.splice(0)) {
      this.#running++;
      begin();
    }
    await this.#piscina.destroy();
  }

  /** Resolves when a thread is the caller's, until it passes it on. */
  async #thread(): Promise<void> {
    if (this.#running < this.threads || this.#closed) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the thread to the next who waits for one. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next();
  }

  async #attempts(task: Task): Promise<unknown> {
    for (let attempt = 1; ; attempt++) {
      const started = performance.now();
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), this.#timeoutMs);
      try {
        if (this.#closed) throw new GeoPoolError('the pool is closed');
        const result = await this.#piscina.run(task, { signal: abort.signal });
        this.#observer.done(task.kind, performance.now() - started);
        return result;
      } catch (error) {
        if (this.#closed) throw new GeoPoolError('the pool was closed');
        this.#observer.failed(
          task.kind,
          abort.signal.aborted ? 'timeout' : 'crash',
          attempt < ATTEMPTS,
          error,
        );
        if (attempt < ATTEMPTS) continue;
        throw new GeoPoolError(`${ATTEMPTS} workers failed with it: ${String(error)}`, { cause: error });
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
