import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findOnPath } from '../lib/needs.mjs';
import { ROOT } from '../lib/workspace.mjs';

/** What `npm start` runs. */
const START = [process.execPath, 'scripts/run.mjs', 'services/demo/dist/main.js'];

/** Starts a command at the root, as in a terminal. */
function run([program = '', ...args]: string[], env: NodeJS.ProcessEnv): RunningProgram {
  const options = { cwd: ROOT, env: { DEMO_COUNT: '200', PORT: '0', ...env } };
  return new RunningProgram(program, args, options);
}

/** Processes of its group that still run; those that have ended and wait for their parent do not. */
function running({ pid: group }: RunningProgram): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    const [id, state] = line.trim().split(/\s+/);
    return Number(id) === group && !state?.startsWith('Z');
  });
}

async function ready(start: RunningProgram): Promise<{ url: string; redisPort: number }> {
  await start.prints('Ctrl-C stops everything');
  const [, url = ''] = await start.prints(/Start page\s+(\S+)/);
  const redisPort = Number(/Redis\s+.* on port (\d+)/.exec(start.printed)?.[1]);
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

async function expectPageAndFeed({ printed }: RunningProgram, url: string): Promise<void> {
  const page = await fetch(url);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<title>Viaduct');
  const tryLine = printed
    .split('\n')
    .find((line) => line.trim().startsWith('node services/gateway/dist/main.js tail'));
  const client = run(['sh', '-c', tryLine ?? 'exit 1'], {});
  await client.prints(/"source":"demo:trains","content":\{"type":"Feature"/);
  await client.stop();
}

describe('npm start', () => {
  it('runs page and feed on its own Redis, and Ctrl-C ends everything', async () => {
    const start = run(START, {});
    const { url, redisPort } = await ready(start);
    await expectPageAndFeed(start, url);
    expect(await isFree(redisPort)).toBe(false);
    start.signal('SIGINT');
    expect(await start.ended).toBe(0);
    await expect.poll(() => running(start)).toEqual([]);
    await expect.poll(() => isFree(redisPort)).toBe(true);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('ends everything even if only npm receives the signal', async () => {
    const start = run(['npm', 'start'], {});
    const { url, redisPort } = await ready(start);
    process.kill(Number(start.pid), 'SIGTERM');
    await start.ended;
    await expect.poll(() => running(start)).toEqual([]);
    await expect.poll(() => isFree(redisPort)).toBe(true);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('leaves no Redis behind when it is killed', async () => {
    const start = run(START, {});
    const { redisPort } = await ready(start);
    start.signal('SIGKILL');
    expect(await start.ended).toBe('SIGKILL');
    await expect.poll(() => isFree(redisPort)).toBe(true);
  });

  it('serves from memory if there is no Redis, and says so in one line', async () => {
    const start = run(START, { PATH: pathWithoutRedis() });
    const { url } = await ready(start);
    const lines = start.printed.split('\n').filter((line) => line.includes('Redis'));
    expect(lines).toEqual([
      expect.stringMatching(/none found.*memory.*apt-get install redis-server.*REDIS_URL/),
    ]);
    await expectPageAndFeed(start, url);
    start.signal('SIGINT');
    expect(await start.ended).toBe(0);
    await expect.poll(() => running(start)).toEqual([]);
  });

  it('ends with code 1 if its port is taken, and names the port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const start = run(START, { PORT: String(port) });
    expect(await start.ended).toBe(1);
    expect(start.printed).toContain(`PORT ${port} is in use`);
    await expect.poll(() => running(start)).toEqual([]);
  });

  it('ends with code 1 if a setting is invalid, and names it', async () => {
    const start = run(START, { DEMO_COUNT: 'lots' });
    expect(await start.ended).toBe(1);
    expect(start.printed).toContain('DEMO_COUNT is "lots"');
  });
});
