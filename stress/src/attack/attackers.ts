import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Compiled, even if this file is not. */
const MAIN = fileURLToPath(new URL('../../dist/attack/attackers-main.js', import.meta.url));

/** The argument of the attackers' process. */
export interface Orders {
  readonly port: number;
  readonly redisUrl: string;
  /** The names and sizes of the attacks. */
  readonly assaults: readonly { readonly name: string; readonly sizes: Readonly<Record<string, number>> }[];
  readonly seed: number;
}

/** `end` tells the attacks to end, `closeConnections` ends their connections. */
export type Order = 'prepare' | 'attack' | 'end' | 'closeConnections';

export type Report = { readonly done: Order } | { readonly failed: string };

/** The attackers, in a process of their own, so that their work does not disturb what is measured. */
export class Attackers {
  readonly #child: ChildProcess;

  constructor(orders: Orders) {
    // The process is not a test, even if this one is.
    this.#child = fork(MAIN, [JSON.stringify(orders)], { env: { ...process.env, VITEST: undefined } });
    // Each order waits for its report.
    this.#child.setMaxListeners(0);
  }

  /** Resolves when the order has been carried out; `attack` takes until `end`. Rejects if the attackers fail. */
  carryOut(order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#child.off('message', read);
        this.#child.off('exit', ended);
        end();
      };
      const read = (report: Report): void => {
        if ('failed' in report) settle(() => reject(new Error(`the attackers failed: ${report.failed}`)));
        else if (report.done === order) settle(resolve);
      };
      const ended = (): void => settle(() => reject(new Error('the attackers ended')));
      this.#child.on('message', read);
      this.#child.once('exit', ended);
      // They may have ended before.
      this.#child.send(order, (error) => error !== null && ended());
    });
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}
