import { type ChildProcess, spawn } from 'node:child_process';
import { onExit } from 'signal-exit';
import { atEnd } from './teardown.js';
import { until } from './wait.js';

export interface ProgramOptions {
  /** Working directory; that of this process by default. */
  cwd?: string;
  /** Environment variables besides PATH and HOME, which are those of this process if they are not given. */
  env?: NodeJS.ProcessEnv;
  /** Connects a Node.js script to this process, for {@link RunningProgram.ask}. */
  ipc?: boolean;
}

/** A program that a test has started, and what it prints. It ends with the test, and with it everything that it has started. */
export class RunningProgram {
  /** Resolves with the exit code, or with the signal that ended it, when all that it printed is known. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  readonly #name: string;
  #stdout = '';
  #stderr = '';
  #printed = '';
  #hasEnded = false;

  constructor(program: string, args: readonly string[], { cwd, env, ipc = false }: ProgramOptions = {}) {
    const { PATH, HOME } = process.env;
    this.#name = [program, ...args].join(' ');
    this.#child = spawn(program, args, {
      env: { PATH, HOME, ...env },
      // Its input stays open, as in a terminal where nobody types: some programs end when their input does.
      stdio: ['pipe', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
      // In a process group of its own, as in a terminal: signals reach all its processes.
      detached: true,
      ...(cwd !== undefined && { cwd }),
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#printed += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#printed += text;
    });
    this.#child.once('error', (error) => {
      this.#printed += error.message;
    });
    // Ctrl-C in our terminal does not reach its group.
    const forget = onExit(() => this.signal('SIGKILL'));
    this.ended = new Promise((resolve) => {
      // "close" comes after the end of the output.
      this.#child.once('close', (code, signal) => {
        forget();
        this.#hasEnded = true;
        resolve(signal ?? code);
      });
    });
    atEnd(() => this.stop());
  }

  /** What it has printed so far, errors included. */
  get printed(): string {
    return this.#printed;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Its process id, which is also that of its process group; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once the process has ended. What it started may still run, and output may still come. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /**
   * Resolves when it has printed a text or something that matches a pattern, with the match and its groups.
   *
   * @throws Error with its output, if it ends without printing that
   */
  async prints(text: string | RegExp): Promise<readonly string[]> {
    const find = (): readonly string[] | null => {
      if (typeof text !== 'string') return text.exec(this.#printed);
      return this.#printed.includes(text) ? [text] : null;
    };
    const state = (): string => this.#printed;
    await until(() => this.#hasEnded || find() !== null, `${this.#name} to print ${text}`, { state });
    const found = find();
    if (found === null)
      throw new Error(`${this.#name} has ended and did not print ${text}:\n${this.#printed}`);
    return [...found];
  }

  /** Sends a message to the script, and resolves with its answer. Needs `ipc`. */
  ask(message: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', resolve);
      this.#child.send(message, (error) => error !== null && reject(error));
    });
  }

  /** Sends a signal to it and to everything that it has started, as Ctrl-C in a terminal does. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch {
      // They have ended.
    }
  }

  /** Ends it, and everything that it has started. */
  async stop(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}
