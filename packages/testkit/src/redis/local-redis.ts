import { randomInt } from 'node:crypto';
import { findRedisServer } from './find.js';
import { PortTakenError, ServerProcess, type ServerSettings } from './server-process.js';

/**
 * Ports to choose from: below the ranges that Linux (32768 and up) and macOS use for outgoing connections, so that
 * the port of a stopped server is still free when it starts again.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;
const PORT_ATTEMPTS = 20;

export interface LocalRedisOptions {
  /** TCP port, 1 to 65535. A free one by default. */
  port?: number;
  /** More arguments for the server, as on its command line: `['--requirepass', 'secret']`. */
  args?: readonly string[];
}

/**
 * A private Redis on 127.0.0.1 that keeps its data only in memory. It is protected from Ctrl-C in the terminal, does
 * not keep this process running, and never outlives it, even if this process is killed.
 */
export interface LocalRedis {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Process id of the server itself; a new one after `start`. */
  readonly pid: number;
  /** Ends the server, within about half a second even if it hangs. Nothing happens if it has ended. */
  stop(): Promise<void>;
  /** Ends the server with SIGKILL, as a crash would. Nothing happens if it has ended. */
  kill(): Promise<void>;
  /**
   * Starts an empty server again on the same port, after `stop` or `kill`.
   *
   * @throws Error if it still runs, if the port was taken meanwhile, or if it does not answer
   */
  start(): Promise<void>;
}

/**
 * Starts a private redis-server or valkey-server and resolves once it answers PING.
 *
 * @throws Error with the remedy if no server is found, the wanted port is in use, or it does not answer
 */
export async function startLocalRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  const { port, args = [] } = options;
  if (port === undefined) return startSomewhere(() => ({ args }));
  const server = requireServer();
  requirePort(port);
  return new RestartableRedis(server, port, { args }, await startOn(server, port, { args }));
}

/**
 * Starts a server on a free port.
 *
 * @param settingsFor the settings for that port
 * @throws Error with the remedy if no server is found, no port is free after many attempts, or it does not answer
 */
export async function startSomewhere(settingsFor: (port: number) => ServerSettings): Promise<LocalRedis> {
  const server = requireServer();
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const candidate = randomInt(FIRST_PORT, LAST_PORT + 1);
    try {
      const settings = settingsFor(candidate);
      const running = await ServerProcess.start(server, candidate, settings);
      return new RestartableRedis(server, candidate, settings, running);
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
    }
  }
  throw new Error(
    `None of ${PORT_ATTEMPTS} ports tried from ${FIRST_PORT} to ${LAST_PORT} was free. Pass a free one as "port".`,
  );
}

const NOT_FOUND =
  'Neither redis-server nor valkey-server is on the PATH. Install one of them ' +
  '(Debian, Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; macOS: brew install redis).';

class RestartableRedis implements LocalRedis {
  readonly url: string;
  readonly port: number;
  readonly #server: string;
  readonly #settings: ServerSettings;
  #latest: ServerProcess;

  constructor(server: string, port: number, settings: ServerSettings, running: ServerProcess) {
    this.url = `redis://127.0.0.1:${port}`;
    this.port = port;
    this.#server = server;
    this.#settings = settings;
    this.#latest = running;
  }

  get pid(): number {
    return this.#latest.pid;
  }

  async stop(): Promise<void> {
    await this.#latest.stop();
  }

  async kill(): Promise<void> {
    await this.#latest.kill();
  }

  async start(): Promise<void> {
    if (this.#latest.running)
      throw new Error(`The Redis on port ${this.port} still runs. Await stop() or kill() first.`);
    this.#latest = await startOn(this.#server, this.port, this.#settings);
  }
}

function requireServer(): string {
  const server = findRedisServer();
  if (server === null) throw new Error(NOT_FOUND);
  return server;
}

function requirePort(port: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return;
  throw new Error(`The port for Redis is ${port}. It must be a whole number from 1 to 65535.`);
}

async function startOn(server: string, port: number, settings: ServerSettings): Promise<ServerProcess> {
  try {
    return await ServerProcess.start(server, port, settings);
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    throw new Error(
      `Port ${port} on 127.0.0.1 is in use. Pass another one, or none to have a free one chosen.`,
    );
  }
}
