import { Piscina } from 'piscina';
import type { ResultOf, Task } from './tasks.js';

/** Why a worker did not do a task: it ended or threw, or it took too long. */
export type WorkerFailure = 'crash' | 'timeout';

/** What the pool reports. */
export interface GeoPoolObserver {
  /** A task was done. @param ms from its start in a thread to its result */
  done(kind: Task['kind'], ms: number): void;
  /** A worker failed on a task and was replaced. @param again whether the task is tried once more */
  failed(kind: Task['kind'], failure: WorkerFailure, again: boolean, error: unknown): void;
}

export interface GeoPoolOptions {
  /** The most threads; they start when there is work, and end after a while without work. */
  threads: number;
  /** The longest time for a task, in ms; a worker that takes longer is ended. */
  timeoutMs: number;
  /** The largest heap of a worker, in MiB; 512 by default. A worker whose heap grows beyond it is ended. */
  heapMb?: number;
  observer: GeoPoolObserver;
  /** The worker's file; the package's own by default. */
  file?: URL;
}

/** Two workers failed on a task, or the pool was closed. */
export class GeoPoolError extends Error {
  override readonly name = 'GeoPoolError';
}

/** The most attempts at a task, each by another worker. */
const ATTEMPTS = 2;

/** The time without work after which a thread ends, in ms. */
const IDLE_MS = 10 * 60_000;

const HEAP_MB = 512;

/** For young objects. Three times as much, the default, makes tasks no quicker, but keeps the memory of each thread. */
const YOUNG_HEAP_MB = 16;

const WORKER = new URL('./worker.js', import.meta.url);

/**
 * Threads for work that would block the event loop for too long. Tasks begin in the order of the calls. The caller bounds
 * the number of waiting tasks, which is {@link GeoPool.waiting}.
 */
export class GeoPool {
  readonly threads: number;
  readonly #piscina: Piscina<Task, unknown>;
  readonly #timeoutMs: number;
  readonly #observer: GeoPoolObserver;
  /** The functions that start the tasks that wait for a thread. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;
  #freed: () => void = () => {};

  constructor({ threads, timeoutMs, heapMb = HEAP_MB, observer, file = WORKER }: GeoPoolOptions) {
    this.threads = threads;
    this.#timeoutMs = timeoutMs;
    this.#observer = observer;
    this.#piscina = new Piscina({
      filename: file.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_MS,
      // Options of the process, such as a debugger or a preloaded module, are not meant for its threads.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: YOUNG_HEAP_MB },
    });
    // When a worker ends, Piscina emits this besides failing the task; without a listener it would end the process.
    this.#piscina.on('error', () => {});
  }

  /** Whether a thread has nothing to do. */
  get isFree(): boolean {
    return this.#running < this.threads || this.#closed;
  }

  /** Calls the function whenever a thread has nothing to do after a task. */
  onFree(freed: () => void): void {
    this.#freed = freed;
  }

  /** The number of running tasks. */
  get running(): number {
    return this.#running;
  }

  /** The number of tasks that wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs a task in a worker. If the worker fails, one more worker tries it.
   *
   * @throws GeoPoolError if both fail, or if the pool is closed
   */
  async run<T extends Task>(task: T): Promise<ResultOf<T>> {
    await this.#thread();
    try {
      return (await this.#attempts(task)) as ResultOf<T>;
    } finally {
      this.#passOn();
    }
  }

  /** Ends the threads; running and waiting tasks fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const begin of this.#waiting.splice(0)) {
      this.#running++;
      begin();
    }
    await this.#piscina.destroy();
  }

  /** Resolves when the caller may use a thread, until it calls `#passOn`. */
  async #thread(): Promise<void> {
    if (this.isFree) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Passes the thread on to the next waiting task. */
  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#running--;
      this.#freed();
    } else next();
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
        throw new GeoPoolError(`${ATTEMPTS} workers failed on the task: ${String(error)}`, { cause: error });
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
