import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scaled } from '@viaduct/testkit/wait';
import type { Redis } from 'ioredis';

/** The channel of small messages, and the hash that the client requests. */
export const CHANNEL = 'innocent';
/** The channel of messages for the workers. */
export const BIG_CHANNEL = 'innocent_big';
/** The number of features in the hash. */
export const FEATURES = 20;
export const BOX = [8, 47, 9, 48] as const;

/** Attackers have other addresses: what limits them must not affect it. */
const ADDRESS = '127.200.0.1';

/** How long to wait for a late message or answer, on an idle machine. */
const PATIENCE_MS = 15_000;

/** Compiled, also if this file is not. */
const MAIN = fileURLToPath(new URL('../../dist/attack/innocent-main.js', import.meta.url));

/** What a client measured during an attack. */
export interface InnocentReport {
  /** Delay of each message, in milliseconds. */
  delays: number[];
  /** Time until each command was answered, in milliseconds. */
  answers: number[];
  /** What is missing or wrong; empty if nothing is. */
  problems: string[];
}

/** A client with a box that subscribes, and now and then sends BBOX and GET, in a process of its own. */
export class InnocentClient {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when its subscriptions work. */
  static async start(url: string, redis: Redis, redisUrl: string): Promise<InnocentClient> {
    for (let id = 0; id < FEATURES; id++) {
      const geometry = { type: 'Point', coordinates: [8.5, 47.4] };
      await redis.hset(CHANNEL, id, JSON.stringify({ type: 'Feature', id, geometry, properties: { n: 0 } }));
    }
    const innocent = new InnocentClient(fork(MAIN, [url, redisUrl, ADDRESS]));
    await innocent.#next();
    return innocent;
  }

  /** Waits for everything that is due, and resolves with what it measured since the last report. */
  async report(): Promise<InnocentReport> {
    const answer = this.#next();
    this.#child.send({ waitMs: scaled(PATIENCE_MS) });
    return (await answer) as InnocentReport;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  #next(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the innocent client ended'));
      this.#child.once('exit', ended);
      this.#child.once('message', (message) => {
        this.#child.off('exit', ended);
        resolve(message);
      });
    });
  }
}
