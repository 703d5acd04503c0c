import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { scaled } from '@viaduct/testkit/wait';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type Backend,
  conformanceCases,
  openConformance,
  runConformance,
  TRANSPORTS,
} from '../src/conformance/index.js';
import { encodeEnvelope, parseCommandLine } from '../src/index.js';

const CLI = fileURLToPath(new URL('../dist/conformance/cli.js', import.meta.url));

/** A data source that takes everything and brings nothing. */
const NOWHERE: Backend = {
  hset: async () => undefined,
  hdel: async () => undefined,
  set: async () => undefined,
  del: async () => undefined,
  publish: async () => undefined,
  numsub: async () => 0,
  close: async () => undefined,
};

/** A server that opens sessions and answers PING, and knows nothing else. */
async function startPonger(): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.send(encodeEnvelope('websocket', '{"status":"open"}', Date.now()));
    socket.on('message', (data) => {
      const { name, positional, named } = parseCommandLine(data.toString());
      const reference = named.client_ref ?? named.clientRef ?? positional[0] ?? null;
      if (name === 'PING') socket.send(encodeEnvelope('websocket', '"PONG"', Date.now(), reference));
    });
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function cli(...args: string[]): Promise<Outcome> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLI, ...args]);
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Outcome;
    return { code, stdout, stderr };
  }
}

describe('conformanceCases', () => {
  it('gives each case its own name, for the requested transports', () => {
    const cases = conformanceCases();
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    for (const transport of TRANSPORTS) {
      const ofTransport = conformanceCases([transport]);
      expect(ofTransport).toEqual(
        cases
          .filter((each) => each.transport === transport)
          .map((each) => ({ ...each, run: expect.any(Function) })),
      );
      expect(ofTransport.every(({ name }) => name.startsWith(`${transport}: `))).toBe(true);
      expect(ofTransport.length).toBeGreaterThan(80);
    }
  });
});

describe('runConformance', () => {
  it('reports which requirements a server meets and which it does not', async () => {
    const url = await startPonger();
    const timeoutMs = scaled(300);
    const seen: string[] = [];
    const results = await runConformance({
      url,
      backend: NOWHERE,
      transports: ['raw'],
      timeoutMs,
      only: 'PING',
      onResult: ({ name }) => seen.push(name),
    });
    const byName = new Map(results.map((result) => [result.name, result]));
    expect(byName.get('raw: PING is answered with PONG')).toMatchObject({ passed: true, failure: null });
    expect(byName.get('raw: the subscription works when the PING after the SUB is answered')).toMatchObject({
      passed: false,
      failure: expect.stringMatching(
        new RegExp(`^timed out after ${timeoutMs} ms waiting for the last message on conf:.*PONG`, 'su'),
      ),
    });
    expect(seen).toEqual(results.map(({ name }) => name));
  });

  it('distinguishes a wrong answer from a missing one', async () => {
    const url = await startPonger();
    const options = { url, backend: NOWHERE, transports: ['raw'], timeoutMs: scaled(300) } as const;
    const [refusal] = await runConformance({ ...options, only: 'an unknown command is refused' });
    expect(refusal?.failure).toContain(
      '"FROBNICATE": expected the error unknown_command, got {"status":"ok","command":"FROBNICATE"}',
    );
    const [frame] = await runConformance({ ...options, only: 'raw: a binary frame' });
    expect(frame?.passed).toBe(false);
  });

  it('reports that there is no server', async () => {
    const [result] = await runConformance({
      url: 'ws://127.0.0.1:1',
      backend: NOWHERE,
      timeoutMs: scaled(1000),
      only: 'socket.io: PING is answered with PONG',
    });
    expect(result?.failure).toMatch(/^socket\.io cannot connect to http:\/\/127\.0\.0\.1:1\//u);
  });
});

describe('openConformance', () => {
  it.each([
    [
      { url: 'localhost:8080', backend: NOWHERE },
      /"localhost:8080" is not the URL of a server; it looks like ws:/u,
    ],
    [{ url: 'redis://localhost', backend: NOWHERE }, /is not the URL of a server/u],
    [{ url: 'ws://localhost', backend: NOWHERE, prefix: 'a b' }, /"a b" cannot be a prefix/u],
    [{ url: 'ws://localhost' }, /needs the redisUrl of the server, or a backend/u],
    [
      { url: 'ws://localhost', redisUrl: 'redis://127.0.0.1:1' },
      /Redis does not answer .*give the URL of the Redis/u,
    ],
  ])('refuses invalid options: %j', async (options, message) => {
    await expect(openConformance(options)).rejects.toThrow(message);
  });
});

describe('viaduct-conformance', () => {
  it('prints its help and its cases', async () => {
    const help = await cli('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const option of ['--redis', '--transport', '--prefix', '--only', '--timeout', '--max-frame-bytes']) {
      expect(help.stdout).toContain(option);
    }
    const list = await cli('--list', '--transport', 'raw');
    expect(list.stdout.trim().split('\n')).toEqual(conformanceCases(['raw']).map(({ name }) => name));
  });

  it.each([
    [[], /give one URL, such as ws:\/\/localhost:8080/u],
    [['ws://a', 'ws://b'], /give one URL/u],
    [['ws://a', '--transport', 'back'], /--transport is "back"; it must be raw or socket\.io/u],
    [['ws://a', '--timeout', 'soon'], /--timeout is "soon"; it must be a whole number above zero/u],
    [['ws://a', '--speed', '9'], /'--speed'/u],
    [['ws://a', '--redis', 'redis://127.0.0.1:1'], /Redis does not answer/u],
  ])('refuses %j with exit code 2 and the remedy', async (args, message) => {
    const { code, stderr } = await cli(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('Try viaduct-conformance --help.');
  });

  it('reports each case and says by its exit code whether the server conforms', async () => {
    const [url, redis] = await Promise.all([startPonger(), startLocalRedis()]);
    onTestFinished(() => redis.stop());
    const run = (...args: string[]) =>
      cli(url, '--redis', redis.url, '--transport', 'raw', '--timeout', '300', ...args);
    const good = await run('--only', 'PING is answered');
    expect(good.code).toBe(0);
    expect(good.stdout).toMatch(
      /^ok {4}raw: PING is answered with PONG \(\d+ ms\)\n\n1 passed, 0 failed\n$/u,
    );
    const bad = await run('--only', 'an unknown command');
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('FAIL  raw: an unknown command is refused as unknown_command');
    expect(bad.stdout).toContain('        "FROBNICATE": expected the error unknown_command');
    expect(bad.stdout.trim().split('\n').slice(-2)).toEqual([
      'failed: raw: an unknown command is refused as unknown_command',
      '0 passed, 1 failed',
    ]);
    const none = await run('--only', 'no case is called so');
    expect(none.code).toBe(1);
    expect(none.stdout).toContain('No case has such a name');
  });
});
