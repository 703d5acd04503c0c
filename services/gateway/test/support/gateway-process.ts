import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Longest wait for a gateway to start or end, in ms: for a machine that is busy with other suites. */
const PATIENCE_MS = 30_000;

/** A gateway that runs as it would in production: a process of its own, told by the environment alone. */
export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** Ends it at once, and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a gateway on a free port and resolves when it is ready to serve.
 *
 * @param env its settings; nothing of this process's own environment but PATH reaches it
 * @throws Error with what it wrote, where it ends instead or takes too long
 */
export async function startGatewayProcess(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  };
  const written: string[] = [];
  const failure = ended.then(([code]) => {
    throw new Error(`the gateway ended with ${code}: ${written.join('\n')}`);
  });
  try {
    const url = await Promise.race([listening(child.stdout, written), failure, late('to listen')]);
    createInterface({ input: child.stderr }).on('line', (line) => written.push(line));
    await Promise.race([ready(url), failure, late('to be ready')]);
    return { url, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    failure.catch(() => undefined);
  }
}

/** The address that the gateway logs when it listens. */
function listening(output: NodeJS.ReadableStream, written: string[]): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: output }).on('line', (line) => {
      if (written.length < 100) written.push(line);
      const entry: unknown = line.startsWith('{') ? JSON.parse(line) : null;
      if (typeof entry === 'object' && entry !== null && 'url' in entry) resolve(String(entry.url));
    });
  });
}

/** Polls until the gateway says that it can serve. */
async function ready(url: string): Promise<void> {
  while (!(await fetch(`${url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 20));
}

function late(what: string): Promise<never> {
  return new Promise((_, reject) => {
    const error = new Error(`the gateway took more than ${PATIENCE_MS} ms ${what}`);
    setTimeout(() => reject(error), PATIENCE_MS).unref();
  });
}
