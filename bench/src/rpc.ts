import type { ChildProcess } from 'node:child_process';

/** An answer that takes longer than this, in ms, is a failure. */
const CALL_TIMEOUT_MS = 180_000;

/** What a helper process can do: methods with one argument. */
export type Api<T> = { [K in keyof T]: (argument: never) => unknown };

interface Request {
  id: number;
  method: string;
  argument: unknown;
}

interface Response {
  id: number;
  result?: unknown;
  error?: string;
}

/** Lets the parent process call the methods of an object; ends this process with its parent. */
export function serveParent(api: object): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (request: Request) => void answer(api, request));
}

async function answer(api: object, { id, method, argument }: Request): Promise<void> {
  const response: Response = { id };
  try {
    const call: unknown = Reflect.get(api, method);
    if (typeof call !== 'function') throw new Error(`no method ${method}`);
    response.result = await call.call(api, argument);
  } catch (error) {
    response.error = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  process.send?.(response);
}

/** The parent's side of {@link serveParent}. */
export class Remote<T extends Api<T>> {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, (response: Response) => void>();
  #nextId = 0;

  /** @param name for error messages */
  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    child.on('message', (response: Response) => this.#take(response.id, response));
    child.on('exit', (code, signal) => {
      for (const id of this.#waiting.keys()) this.#take(id, { id, error: `ended (${signal ?? code})` });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws Error of the other side; or if that ended meanwhile, or gave no answer in 3 minutes */
  call<K extends keyof T & string>(
    method: K,
    argument: Parameters<T[K]>[0],
  ): Promise<Awaited<ReturnType<T[K]>>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(
        () => this.#take(id, { id, error: `no answer to ${method}` }),
        CALL_TIMEOUT_MS,
      );
      this.#waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(result as Awaited<ReturnType<T[K]>>);
        else reject(new Error(`${this.#name}: ${error}`));
      });
      this.#child.send({ id, method, argument }, (error) => {
        if (error !== null) this.#take(id, { id, error: error.message });
      });
    });
  }

  #take(id: number, response: Response): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.(response);
  }
}
