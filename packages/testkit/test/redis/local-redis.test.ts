import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { type LocalRedis, startLocalRedis } from '../../src/redis/index.js';
import { eventually } from '../../src/wait.js';
import { startParent } from './support/parent.js';

const started: LocalRedis[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((redis) => redis.stop()));
});

async function start(options?: Parameters<typeof startLocalRedis>[0]): Promise<LocalRedis> {
  const redis = await startLocalRedis(options);
  started.push(redis);
  return redis;
}

/** What the server answers to inline commands that end with QUIT. */
async function ask(port: number, ...commands: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  socket.write([...commands, 'QUIT', ''].join('\r\n'));
  await once(socket, 'close');
  return answer;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The directory that the server on a port works in. */
async function workingDirectory({ port }: { port: number }): Promise<string> {
  const answer = await ask(port, 'CONFIG GET dir');
  return answer.split('\r\n')[4] ?? '';
}

async function untilGone(servers: { pid: number }[]): Promise<void> {
  await eventually(() => expect(servers.filter(({ pid }) => isRunning(pid))).toEqual([]));
}

test('a started server answers at its port, and its process has its process id', async () => {
  const redis = await start();
  expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
  const info = await ask(redis.port, 'INFO server');
  expect(info).toContain(`process_id:${redis.pid}\r\n`);
  expect(info).toContain(`tcp_port:${redis.port}\r\n`);
});

test('it keeps nothing on disk and accepts connections only from this machine', async () => {
  const redis = await start();
  const settings = await ask(redis.port, 'CONFIG GET save', 'CONFIG GET appendonly', 'CONFIG GET bind');
  expect(settings).toContain('save\r\n$0\r\n\r\n');
  expect(settings).toContain('appendonly\r\n$2\r\nno\r\n');
  expect(settings).toContain('bind\r\n$9\r\n127.0.0.1\r\n');
});

test('stop and kill end the server and remove its directory', async () => {
  const redis = await start();
  for (const end of ['stop', 'kill'] as const) {
    const { pid } = redis;
    const directory = await workingDirectory(redis);
    expect(existsSync(directory)).toBe(true);
    await redis[end]();
    expect(isRunning(pid)).toBe(false);
    expect(existsSync(directory)).toBe(false);
    await expect(ask(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await redis[end]();
    await redis.start();
    expect(redis.pid).not.toBe(pid);
    expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n+OK\r\n');
  }
});

test('stop ends a server that hangs, too', async () => {
  const redis = await start();
  const { pid } = redis;
  process.kill(pid, 'SIGSTOP');
  await redis.stop();
  expect(isRunning(pid)).toBe(false);
});

test('a server that crashed can be started again', async () => {
  const redis = await start();
  process.kill(redis.pid, 'SIGKILL');
  await redis.stop();
  await redis.start();
  expect(await ask(redis.port, 'PING')).toBe('+PONG\r\n+OK\r\n');
});

test('servers started at the same time get different ports', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => start()));
  expect(new Set(all.map((redis) => redis.port)).size).toBe(8);
});

test('further arguments reach the server, and one that requires a password counts as ready', async () => {
  const redis = await start({ args: ['--requirepass', 'secret'] });
  expect(await ask(redis.port, 'PING', 'AUTH secret', 'PING')).toMatch(/^-NOAUTH.*\r\n\+OK\r\n\+PONG\r\n/);
});

test('a wanted port that is taken is an error that names it', async () => {
  const redis = await start();
  await expect(start({ port: redis.port })).rejects.toThrow(`Port ${redis.port} on 127.0.0.1 is in use.`);
  await expect(redis.start()).rejects.toThrow('still runs');
});

test.each([0, 65_536, 1.5, Number.NaN])('port %s is refused with the valid range', async (port) => {
  await expect(start({ port })).rejects.toThrow(`${port}. It must be a whole number from 1 to 65535.`);
});

test("a server that does not start is an error with the server's own words", async () => {
  await expect(start({ args: ['--no-such-setting', '1'] })).rejects.toThrow('no-such-setting');
});

test('if no server is on the PATH, the error says what to install', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  try {
    await expect(start()).rejects.toThrow('apt-get install redis-server');
  } finally {
    vi.unstubAllEnvs();
  }
});

test.each(['SIGKILL', 'SIGTERM'] as const)('the server ends when its parent ends by %s', async (signal) => {
  const { parent, servers } = await startParent('wait');
  const directories = await Promise.all(servers.map(workingDirectory));
  expect(directories.map((path) => existsSync(path))).toEqual([true, true]);
  parent.kill(signal);
  await untilGone(servers);
  await eventually(() => expect(directories.filter((path) => existsSync(path))).toEqual([]));
});

test('a running server does not keep its parent running', async () => {
  const { ended, servers } = await startParent('leave');
  expect(await ended).toBe(0);
  expect(servers).toHaveLength(2);
  await untilGone(servers);
});

test("Ctrl-C in the terminal reaches the parent's process group, not the server", async () => {
  const { parent, servers } = await startParent('ignore-interrupt');
  if (parent.pid === undefined) throw new Error('The parent did not start.');
  process.kill(-parent.pid, 'SIGINT');
  const [line] = await once(parent.stdout, 'data');
  expect(String(line)).toBe('interrupted\n');
  for (const { port } of servers) expect(await ask(port, 'PING')).toBe('+PONG\r\n+OK\r\n');
  parent.kill('SIGKILL');
  await untilGone(servers);
});
