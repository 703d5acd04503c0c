import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { patienceMs } from '../wait.js';
import { ping } from './ping.js';

/** How long a server may take to end after a request before it is killed, in milliseconds. */
const STOP_GRACE_MS = 500;

/** How much of the server's log is kept for error messages, in characters. */
const LOG_TAIL = 2_000;

/**
 * Runs the server named by the arguments in a new temporary directory, and removes that afterwards. The shell's input
 * is a pipe that only this process holds open and nobody writes to. It ends when we close it and when we die for any
 * reason, and then the server is killed. Prints the server's process id first. A Sentinel needs a file for its
 * configuration, because it writes to it.
 */
const WRAPPER = `
directory=$(mktemp -d "\${TMPDIR:-/tmp}/viaduct-redis.XXXXXX") && cd "$directory" || {
  echo "No directory could be made in \${TMPDIR:-/tmp}."
  exit 1
}
[ -z "$SENTINEL_CONFIG" ] || printf '%s' "$SENTINEL_CONFIG" >sentinel.conf
exec 3<&0
sh -c 'echo "$$"; exec "$@"' sh "$@" 3<&- </dev/null 2>&1 &
server=$!
{ read -r _ <&3; kill -KILL "$server"; } >/dev/null 2>&1 &
guard=$!
wait "$server"
kill -KILL "$guard"
cd / && rm -rf -- "$directory"
`;

/** The settings of a server. */
export interface ServerSettings {
  /** More arguments, as on its command line. */
  args?: readonly string[];
  /** Makes it a Sentinel, with this as its configuration. */
  sentinelConfig?: string;
}

/** Another process took the port before the server could. */
export class PortTakenError extends Error {}

/** One run of a Redis server, from its start to its end. */
export class ServerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess, pid: number, ended: Promise<void>) {
    this.#child = child;
    this.pid = pid;
    this.#ended = ended;
  }

  /**
   * Starts a server and resolves once it answers PING.
   *
   * @throws PortTakenError if the port is in use; Error with the end of the server's log for other failures
   */
  static async start(server: string, port: number, settings: ServerSettings): Promise<ServerProcess> {
    // Detached: in its own session, so that Ctrl-C in our terminal reaches only us.
    const child = spawn('sh', ['-c', WRAPPER, 'local-redis', server, ...serverArguments(port, settings)], {
      env: { ...process.env, SENTINEL_CONFIG: settings.sentinelConfig ?? '' },
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    }).then(() => release(child.stdin));
    try {
      const pid = await readiness(child.stdout);
      await ping(port);
      const running = new ServerProcess(child, pid, ended);
      running.#keepParentAlive(false);
      return running;
    } catch (error) {
      release(child.stdin);
      await ended;
      throw error;
    }
  }

  /** Whether the server is still running. */
  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks the server to end, kills it after half a second, and resolves when it is gone. */
  async stop(): Promise<void> {
    const insist = setTimeout(() => this.#signal('SIGKILL'), STOP_GRACE_MS);
    this.#signal('SIGTERM');
    await this.#end();
    clearTimeout(insist);
  }

  /** Kills the server with SIGKILL, and resolves when it is gone. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#end();
  }

  async #end(): Promise<void> {
    this.#keepParentAlive(true);
    await this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.running) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // It has just ended by itself; the wrapper's exit follows.
    }
  }

  /** A server in use does not keep its parent running; one that is being stopped does until it is gone. */
  #keepParentAlive(keep: boolean): void {
    const handles = [this.#child, this.#child.stdin, this.#child.stdout];
    for (const handle of handles) {
      if (handle === this.#child || handle instanceof Socket) keep ? handle.ref() : handle.unref();
    }
  }
}

function serverArguments(port: number, { args = [], sentinelConfig }: ServerSettings): string[] {
  const place = ['--port', String(port), '--bind', '127.0.0.1'];
  const defaults =
    sentinelConfig === undefined
      ? [...place, '--save', '', '--appendonly', 'no']
      : ['sentinel.conf', '--sentinel', ...place];
  // Last, because the last one wins: this log shows when the server is ready, and the wrapper waits for this process.
  const fixed = ['--loglevel', 'notice', '--logfile', '', '--daemonize', 'no'];
  return [...defaults, ...args, ...fixed];
}

function release(pipe: Writable | null): void {
  pipe?.destroy();
}

/**
 * Resolves with the server's process id once its log says that it has its port. Only the log can say so: another
 * Redis might answer a PING, on the port that ours failed to get.
 */
function readiness(log: Readable | null): Promise<number> {
  return new Promise((resolve, reject) => {
    if (log === null) throw new Error('The server was started without a pipe for its log.');
    let text = '';
    let pid = Number.NaN;
    const timeoutMs = patienceMs();
    const deadline = setTimeout(() => {
      reject(new Error(`The server was not ready in ${timeoutMs} ms. Its log ends:\n${text}`));
    }, timeoutMs);
    log.setEncoding('utf8');
    // Reads as long as the server runs: a log that nobody reads would block it.
    log.on('data', (chunk: string) => {
      text += chunk;
      const lineEnd = text.indexOf('\n');
      if (Number.isNaN(pid) && lineEnd !== -1) {
        pid = Number(text.slice(0, lineEnd));
        text = text.slice(lineEnd + 1);
      }
      if (/ready to accept connections|Sentinel ID is/i.test(text)) {
        clearTimeout(deadline);
        resolve(pid);
      }
      text = text.slice(-LOG_TAIL);
    });
    log.once('close', () => {
      clearTimeout(deadline);
      const taken = /address already in use/i.test(text);
      reject(taken ? new PortTakenError() : new Error(`The server ended at once. Its log ends:\n${text}`));
    });
  });
}
