import { WebSocket } from 'ws';
import { now } from './time.js';

/** One attempt to start a session through nginx. */
interface Probe {
  at: number;
  ms: number;
  /** Undefined if the session started. */
  problem: string | undefined;
}

/** The results of the probes of a period. */
export interface Probes {
  made: number;
  failed: number;
  /** The slowest, in seconds. */
  slowest: number;
  /** The problems, without repetitions. */
  problems: string[];
}

type Attempt = (url: string) => Promise<void>;

const PROBE_EVERY_MS = 60;
/** A longer attempt has failed: nginx gives up on a gateway that hangs sooner. */
const TIMEOUT_MS = 5000;

/** Starts and ends sessions all the time, with all transports in turn: like a user who arrives now. */
export class Prober {
  readonly #url: string;
  readonly #probes: Probe[] = [];
  readonly #timer: NodeJS.Timeout;
  #pending = 0;

  /** @param url of nginx, such as `http://127.0.0.1:8080` */
  constructor(url: string) {
    this.#url = url;
    let turn = 0;
    this.#timer = setInterval(() => {
      const attempt = ATTEMPTS[turn % ATTEMPTS.length];
      turn += 1;
      if (attempt !== undefined) void this.#probe(attempt);
    }, PROBE_EVERY_MS);
  }

  /** Finished probes that started between two moments. */
  between(from: number, to: number): Probes {
    const probes = this.#probes.filter(({ at }) => at >= from && at <= to);
    const problems = probes.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    return {
      made: probes.length,
      failed: problems.length,
      slowest: probes.reduce((most, { ms }) => Math.max(most, ms), 0) / 1000,
      problems: [...new Set(problems)],
    };
  }

  /** Unfinished probes. */
  get pending(): number {
    return this.#pending;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #probe(attempt: Attempt): Promise<void> {
    const at = now();
    this.#pending += 1;
    const problem = await attempt(this.#url).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    this.#pending -= 1;
    this.#probes.push({ at, ms: now() - at, problem });
  }
}

const ATTEMPTS: readonly Attempt[] = [
  (url) => beginWebSocket(`${url}/`, '{"source":"websocket","content":{"status":"open"'),
  (url) => beginWebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, '0{'),
  beginPolling,
];

/** Opens a WebSocket and waits for the first message, which must start as given. */
function beginWebSocket(url: string, greeting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { handshakeTimeout: TIMEOUT_MS });
    const timer = setTimeout(() => reject(new Error('no greeting in time')), TIMEOUT_MS);
    socket.on('message', (data) => {
      if (String(data).startsWith(greeting)) resolve();
      else reject(new Error(`greeted with ${String(data).slice(0, 80)}`));
      socket.close();
    });
    socket.on('error', reject);
    socket.on('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`closed with ${code} before the greeting`));
    });
  });
}

/** Starts a session of socket.io over polling, and ends it. */
async function beginPolling(url: string): Promise<void> {
  const endpoint = `${url}/socket.io/?EIO=4&transport=polling`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(endpoint, { signal });
  const text = await answer.text();
  const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
  if (answer.status !== 200 || sid === undefined)
    throw new Error(`polling: ${answer.status} ${text.slice(0, 80)}`);
  const cookie = answer.headers
    .getSetCookie()
    .map((header) => header.split(';')[0])
    .join('; ');
  const farewell = await fetch(`${endpoint}&sid=${sid}`, {
    method: 'POST',
    body: '1',
    headers: { cookie },
    signal,
  });
  await farewell.text();
  // 400: the gateway of the session died meanwhile, which also ends the session.
  if (farewell.status >= 500) throw new Error(`polling, farewell: ${farewell.status}`);
}
