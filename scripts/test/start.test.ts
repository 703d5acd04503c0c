import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { findOnPath } from '../lib/needs.mjs';
import { ROOT } from '../lib/workspace.mjs';

/** What `npm start` runs. */
const START = [process.execPath, 'scripts/run.mjs', 'services/demo/dist/main.js'];

const groups: number[] = [];

afterEach(() => {
  for (const group of groups.splice(0)) signalGroup(group, 'SIGKILL');
});

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group has ended.
  }
}

interface Run {
  child: ChildProcess;
  /** Also the process group. */
  pid: number;
  output(): string;
  /** Resolves with the exit code, or with the signal that ended it. */
  ended: Promise<number | string | null>;
}

/** Starts a command at the root, in a process group of its own, as a terminal would. */
function run(command: string[], env: NodeJS.ProcessEnv): Run {
  const { REDIS_URL: _ours, npm_lifecycle_event: _script, ...rest } = process.env;
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...rest, DEMO_COUNT: '200', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  groups.push(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | string | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  return { child, pid, output: () => output, ended };
}

/** Processes of a group that still run; those that have ended and wait for their parent do not. */
function running(group: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const [id, state] = line.trim().split(/\s+/);
    return Number(id) === group && !state?.startsWith('Z');
  });
}

async function ready({ output }: Run): Promise<{ url: string; redisPort: number }> {
  await expect.poll(output).toContain('Ctrl-C stops everything');
  const url = /Start page\s+(\S+)/.exec(output())?.[1] ?? '';
  const redisPort = Number(/Redis\s+.* on port (\d+)/.exec(output())?.[1]);
  return { url, redisPort };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A folder for the PATH that has what the scripts need, and no Redis. */
function pathWithoutRedis(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-path-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['sh', 'dirname', 'sed', 'uname', 'env']) {
    const program = findOnPath([name]);
    if (program) symlinkSync(program, join(folder, name));
  }
  symlinkSync(process.execPath, join(folder, 'node'));
  return folder;
}

async function expectPageAndFeed({ output }: Run, url: string): Promise<void> {
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Viaduct');
  const tryLine = output()
    .split('\n')
    .find((line) => line.trim().startsWith('node services/gateway/dist/main.js tail'));
  const client = run(['sh', '-c', tryLine ?? 'exit 1'], {});
  await expect.poll(client.output).toMatch(/"source":"demo:trains","content":\{"type":"Feature"/);
  signalGroup(client.pid, 'SIGKILL');
}

describe('npm start', () => {
  it('runs page and feed on its own Redis, and Ctrl-C ends everything', async () => {
    const start = run(START, {});
    const { url, redisPort } = await ready(start);
    await expectPageAndFeed(start, url);
    expect(await isFree(redisPort)).toBe(false);
    signalGroup(start.pid, 'SIGINT');
    expect(await start.ended).toBe(0);
    await expect.poll(() => running(start.pid)).toEqual([]);
    await expect.poll(() => isFree(redisPort)).toBe(true);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('ends everything even if only npm receives the signal', async () => {
    const start = run(['npm', 'start'], {});
    const { url, redisPort } = await ready(start);
    start.child.kill('SIGTERM');
    await start.ended;
    await expect.poll(() => running(start.pid)).toEqual([]);
    await expect.poll(() => isFree(redisPort)).toBe(true);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('leaves no Redis behind when it is killed', async () => {
    const start = run(START, {});
    const { redisPort } = await ready(start);
    signalGroup(start.pid, 'SIGKILL');
    expect(await start.ended).toBe('SIGKILL');
    await expect.poll(() => isFree(redisPort)).toBe(true);
  });

  it('serves from memory if there is no Redis, and says so in one line', async () => {
    const start = run(START, { PATH: pathWithoutRedis() });
    const { url } = await ready(start);
    const lines = start
      .output()
      .split('\n')
      .filter((line) => line.includes('Redis'));
    expect(lines).toEqual([
      expect.stringMatching(/none found.*memory.*apt-get install redis-server.*REDIS_URL/),
    ]);
    await expectPageAndFeed(start, url);
    signalGroup(start.pid, 'SIGINT');
    expect(await start.ended).toBe(0);
    await expect.poll(() => running(start.pid)).toEqual([]);
  });

  it('ends with code 1 if its port is taken, and names the port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const start = run(START, { PORT: String(port) });
    expect(await start.ended).toBe(1);
    expect(start.output()).toContain(`PORT ${port} is in use`);
    await expect.poll(() => running(start.pid)).toEqual([]);
  });

  it('ends with code 1 if a setting is invalid, and names it', async () => {
    const start = run(START, { DEMO_COUNT: 'lots' });
    expect(await start.ended).toBe(1);
    expect(start.output()).toContain('DEMO_COUNT is "lots"');
  });
});
