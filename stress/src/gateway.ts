import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sleep, until } from './time.js';

/** Compiled, also for tests that run this file as it is. */
const MAIN = fileURLToPath(new URL('../dist/gateway-main.js', import.meta.url));

/** How long a gateway that is asked to end may take, in ms. */
const STOP_GRACE_MS = 5_000;

/** Lines of the log that no client and no publisher can cause as long as the gateway is right. */
const DEFECTS = ['uncaught error', 'internal failure'];

/** What a gateway holds, after a garbage collection. */
export interface Memory {
  /** Bytes. */
  heapUsed: number;
  /** Bytes. */
  rss: number;
  /** Bytes of buffers outside the heap. */
  arrayBuffers: number;
  /** Sockets, servers and pipes; no timers. */
  handles: number;
}

/** A gateway in a process of its own. */
export class Gateway {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
  }

  /**
   * Starts a gateway on a free port of 127.0.0.1, and resolves when it is ready.
   *
   * @param env its settings
   * @throws Error with what it printed, where it does not start
   */
  static async start(env: Readonly<Record<string, string>>): Promise<Gateway> {
    const child = spawn(process.execPath, ['--expose-gc', MAIN], {
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const gateway = new Gateway(child);
    try {
      await until('the gateway is ready', () => gateway.#isReady());
    } catch (error) {
      await gateway.stop();
      throw new Error(`${String(error)}\n${gateway.#output}`);
    }
    return gateway;
  }

  /** False once the process has ended. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Such as `http://127.0.0.1:40123`. */
  get url(): string {
    const listening = this.#lines().find(({ msg }) => msg === 'listening');
    if (typeof listening?.url !== 'string') throw new Error(`the gateway does not listen\n${this.#output}`);
    return listening.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Lines of its log that tell of a defect, and how it ended where it should not have. */
  get defects(): string[] {
    const defects = this.#lines()
      .filter(({ msg }) => DEFECTS.includes(String(msg)))
      .map((line) => JSON.stringify(line));
    return this.alive ? defects : [...defects, `the gateway ended: ${this.#output.slice(-2000)}`];
  }

  memory(): Promise<Memory> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (memory: Memory) => resolve(memory));
      this.#child.send('memory', (error) => error !== null && reject(error));
    });
  }

  /** The value of a metric, summed over its labels; NaN where there is no such metric. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (lines.length === 0) return Number.NaN;
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Whether `/readyz` says that it has its data source. */
  async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/readyz`)).ok;
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    const late = sleep(STOP_GRACE_MS).then(() => this.#child.kill('SIGKILL'));
    await Promise.race([ended, late.then(() => ended)]);
  }

  async #isReady(): Promise<boolean> {
    if (!this.alive) throw new Error('the gateway ended');
    if (!this.#lines().some(({ msg }) => msg === 'listening')) return false;
    return this.isReady();
  }

  #lines(): Record<string, unknown>[] {
    const lines = this.#output.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }
}
