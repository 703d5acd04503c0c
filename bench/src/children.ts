import { type ChildProcess, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { freePort } from '@viaduct/testkit/ports';
import { type Cores, pinned } from './cores.js';
import { sleep } from './load/clock.js';
import { program } from './paths.js';
import { type Api, Remote } from './rpc.js';

/** Longest wait for a server to be ready, in ms. */
const READY_TIMEOUT_MS = 20_000;
/** How long a process may take to end after a request before it is killed, in ms. */
const STOP_GRACE_MS = 3000;
/** How much output of a process error messages contain, in characters. */
const OUTPUT_TAIL = 4000;

/** A process of this run. */
export interface Helper<T extends Api<T>> {
  remote: Remote<T>;
  stop(): Promise<void>;
}

/** Starts one of this package's helper processes. It ends with this process. */
export function startHelper<T extends Api<T>>(name: string, core: number | null): Helper<T> {
  const [command, args] = pinned(core, process.execPath, [program(`load/${name}.js`)]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return { remote: new Remote<T>(child, name), stop: () => stop(child) };
}

/** A server under test. */
export interface ServerProcess {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** A JavaScript file that reads PORT from its environment and answers /readyz with 200 when it is ready. */
  file: string;
  env: Readonly<Record<string, string>>;
  cores: Cores;
}

/**
 * Starts a server and resolves when it is ready.
 *
 * @throws Error with its output, if it ends or is not ready in time
 */
export async function startServer({ file, env, cores }: ServerOptions): Promise<ServerProcess> {
  const port = await freePort();
  const guard = pathToFileURL(program('servers/end-with-parent.js')).href;
  const [command, args] = pinned(cores, process.execPath, ['--import', guard, file]);
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH ?? '', ...env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      output = (output + text.toString()).slice(-OUTPUT_TAIL);
    });
  }
  try {
    await ready(child, port);
  } catch (error) {
    await stop(child);
    throw new Error(`${file} did not start: ${String(error)}\n${output}`);
  }
  return { port, pid: child.pid ?? 0, stop: () => stop(child) };
}

async function ready(child: ChildProcess, port: number): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.signalCode ?? child.exitCode}`);
    const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await sleep(30);
  }
  throw new Error(`not ready in ${READY_TIMEOUT_MS} ms`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await ended;
  clearTimeout(insist);
}
