import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@viaduct/testkit/teardown';

const SCRIPT = fileURLToPath(new URL('../fixtures/readers.mjs', import.meta.url));

/** Delays between publishing and reading, in milliseconds. */
export interface Delays {
  count: number;
  median: number;
  p99: number;
}

/** The state of all readers. */
export interface States {
  /** Number of readers by {@link digestOf} their state. */
  digests: Record<string, number>;
  /** Readers whose connection has ended. */
  closed: number;
  /** Messages that a reader has received. */
  fewest: number;
  most: number;
}

interface Commands {
  connect: undefined;
  pause: undefined;
  resume: undefined;
  delays: Delays;
  states: States;
}

/** Many raw clients in a separate process, so that their work slows down neither the test nor other readers. */
export class Readers {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #calls = 0;

  private constructor(url: string, count: number, channels: readonly string[]) {
    this.#child = fork(SCRIPT, [url.replace(/^http/u, 'ws'), String(count), ...channels]);
    this.#child.on('message', ({ id, result }: { id: number; result: unknown }) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
    atEnd(() => void this.#child.kill('SIGKILL'));
  }

  /** Starts them; resolves when all are subscribed to the channels. */
  static async connect(url: string, count: number, channels: readonly string[]): Promise<Readers> {
    const readers = new Readers(url, count, channels);
    await readers.run('connect');
    return readers;
  }

  async run<Name extends keyof Commands>(command: Name): Promise<Commands[Name]> {
    const id = this.#calls++;
    const result = new Promise<unknown>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ id, command });
    return (await result) as Commands[Name];
  }
}

/** The digest of a state: of the newest version of each feature by its id. */
export function digestOf(features: ReadonlyMap<string, number>): string {
  const state = [...features].map(([id, version]) => `${id}:${version}`).sort();
  return createHash('sha256').update(state.join()).digest('hex');
}
