import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from './http-get.js';
import { Scrape } from './metrics.js';
import { GATEWAY_MAIN } from './programs.js';
import { atEnd } from './teardown.js';
import { patienceMs, until } from './wait.js';

/** Log messages that report a defect. */
const DEFECTS = ['uncaught error', 'internal failure'];

/** The settings of a test's gateway. All clients of a test have one address. */
const TEST_SETTINGS = { HOST: '127.0.0.1', PORT: '0', UNSUBSCRIBE_DELAY_MS: '20', LIMITS: 'off' };

/** One line of the gateway's log. */
export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Answer of `/readyz`. */
export interface ReadinessAnswer {
  status: number;
  ready: boolean;
  source: string;
  sourceReady: boolean;
  draining: boolean;
}

export interface GatewayProcessOptions {
  /** A script instead of the gateway's main.js; an absolute path. */
  script?: string;
  nodeArguments?: readonly string[];
  /** For the script. */
  arguments?: readonly string[];
  /** Working directory; that of this process by default. */
  cwd?: string;
  /** Connects it to this process, for {@link GatewayProcess.ask}. */
  ipc?: boolean;
  /** Whether the test makes the gateway log a defect. */
  defects?: boolean;
}

/** A gateway in its own process, configured only by its environment. */
export class GatewayProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #defects: boolean;
  #stdout = '';
  #stderr = '';

  constructor(env: Readonly<Record<string, string>>, options: GatewayProcessOptions = {}) {
    const {
      script = GATEWAY_MAIN,
      nodeArguments = [],
      arguments: scriptArguments = [],
      cwd,
      ipc = false,
    } = options;
    this.#defects = options.defects ?? false;
    this.#child = spawn(process.execPath, [...nodeArguments, script, ...scriptArguments], {
      env: { PATH: process.env.PATH, ...TEST_SETTINGS, ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      ...(cwd !== undefined && { cwd }),
    });
    const kill = (): void => void this.#child.kill('SIGKILL');
    process.once('exit', kill);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
    // "close" comes after the end of the output.
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      process.off('exit', kill);
      return { code, signal };
    });
    atEnd(() => this.stop());
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Lines of the log. */
  get log(): LogLine[] {
    const lines = this.#stdout.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** Its address, from the log. */
  get url(): string {
    const url = this.log.find(({ msg }) => msg === 'listening')?.url;
    if (typeof url !== 'string')
      throw new Error(`the gateway does not listen:\n${this.#stdout}${this.#stderr}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Resolves when it listens. */
  async listening(): Promise<void> {
    let ended = false;
    void this.exited.then(() => {
      ended = true;
    });
    const output = (): string => `${this.#stdout}${this.#stderr}`;
    const listens = (): boolean => ended || this.log.some(({ msg }) => msg === 'listening');
    await until(listens, 'the gateway to listen', { state: output });
    if (ended) throw new Error(`the gateway ended:\n${output()}`);
  }

  /** Process id; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once the process has ended. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Log lines that neither clients nor publishers can cause if the gateway is correct. */
  get defects(): LogLine[] {
    return this.log.filter(({ msg }) => DEFECTS.includes(msg));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a message to the script, and resolves with its answer. Needs `ipc`. */
  ask(message: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', resolve);
      this.#child.send(message, (error) => error !== null && reject(error));
    });
  }

  /**
   * Ends it, with force if necessary.
   *
   * @throws Error if its log reports a defect that the test does not expect
   */
  async stop(): Promise<void> {
    const force = setTimeout(() => this.signal('SIGKILL'), patienceMs() / 2);
    this.signal('SIGINT');
    await this.exited;
    clearTimeout(force);
    const { defects } = this;
    if (defects.length > 0 && !this.#defects)
      throw new Error(`defects in the gateway's log: ${JSON.stringify(defects)}`);
  }

  async scrape(): Promise<Scrape> {
    return new Scrape((await get(`${this.url}/metrics`)).text);
  }

  async readiness(): Promise<ReadinessAnswer> {
    const { status, text } = await get(`${this.url}/readyz`);
    return { status, ...(JSON.parse(text) as Omit<ReadinessAnswer, 'status'>) };
  }

  /** Resolves when `/readyz` says so. */
  async untilReady(ready = true): Promise<void> {
    let answer: ReadinessAnswer | null = null;
    const isSo = async (): Promise<boolean> => {
      answer = await this.readiness();
      return answer.ready === ready;
    };
    await until(isSo, `the gateway to be ${ready ? 'ready' : 'away'}`, { state: () => answer });
  }
}

/**
 * Starts a gateway on a free port of 127.0.0.1, resolves when it is ready, and stops it at the end of the test or, if
 * called outside of a test, of the file.
 *
 * @param env environment variables
 * @param ready false if it only has to listen
 */
export async function startGateway(
  env: Readonly<Record<string, string>>,
  options?: GatewayProcessOptions,
  ready = true,
): Promise<GatewayProcess> {
  const gateway = new GatewayProcess(env, options);
  await gateway.listening();
  if (ready) await gateway.untilReady();
  return gateway;
}

/** Runs a gateway that is expected to end by itself, and resolves when it has. */
export async function runGateway(
  env: Readonly<Record<string, string>>,
  options?: GatewayProcessOptions,
): Promise<{ exit: Exit; gateway: GatewayProcess }> {
  const gateway = new GatewayProcess(env, options);
  return { exit: await gateway.exited, gateway };
}
