import { get } from './http-get.js';
import { Scrape } from './metrics.js';
import { GATEWAY_MAIN } from './programs.js';
import { type ProgramOptions, RunningProgram } from './running-program.js';
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

/** Answer of `/readyz`. */
export interface ReadinessAnswer {
  status: number;
  ready: boolean;
  source: string;
  sourceReady: boolean;
  draining: boolean;
}

export interface GatewayProcessOptions extends Omit<ProgramOptions, 'env'> {
  /** A script instead of the gateway's main.js; an absolute path. */
  script?: string;
  nodeArguments?: readonly string[];
  /** Arguments of the script. */
  arguments?: readonly string[];
  /** Whether the test makes the gateway log a defect. */
  defects?: boolean;
}

/** A gateway in its own process, configured only by its environment. */
export class GatewayProcess extends RunningProgram {
  readonly #defects: boolean;

  constructor(env: Readonly<Record<string, string>>, options: GatewayProcessOptions = {}) {
    const {
      script = GATEWAY_MAIN,
      nodeArguments = [],
      arguments: scriptArguments = [],
      defects = false,
      ...program
    } = options;
    super(process.execPath, [...nodeArguments, script, ...scriptArguments], {
      ...program,
      env: { ...TEST_SETTINGS, ...env },
    });
    this.#defects = defects;
  }

  /** Lines of the log. */
  get log(): LogLine[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
  }

  /** Its address, from the log. */
  get url(): string {
    const url = this.log.find(({ msg }) => msg === 'listening')?.url;
    if (typeof url !== 'string') throw new Error(`the gateway does not listen:\n${this.printed}`);
    return url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /**
   * Resolves when it listens.
   *
   * @throws Error with its output, if it ends instead
   */
  async listening(): Promise<void> {
    await this.prints(/"msg":"listening".*\n/u);
  }

  /** Log lines that neither clients nor publishers can cause if the gateway is correct. */
  get defects(): LogLine[] {
    return this.log.filter(({ msg }) => DEFECTS.includes(msg));
  }

  /**
   * Ends it, with force if necessary.
   *
   * @throws Error if its log reports a defect that the test does not expect
   */
  override async stop(): Promise<void> {
    const force = setTimeout(() => this.signal('SIGKILL'), patienceMs() / 2);
    this.signal('SIGINT');
    await this.ended;
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

/** Runs a gateway that is expected to end by itself, and resolves when it has, with its exit code or signal. */
export async function runGateway(
  env: Readonly<Record<string, string>>,
  options?: GatewayProcessOptions,
): Promise<{ exit: number | NodeJS.Signals | null; gateway: GatewayProcess }> {
  const gateway = new GatewayProcess(env, options);
  return { exit: await gateway.ended, gateway };
}
