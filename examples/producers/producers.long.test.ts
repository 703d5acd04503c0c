import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { codeBlocks } from '@viaduct/testkit/markdown';
import { GATEWAY_MAIN } from '@viaduct/testkit/programs';
import { Random } from '@viaduct/testkit/random';
import { startLocalCluster } from '@viaduct/testkit/redis';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import { liveSet } from '../clients/live-set.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

interface Feature {
  type: 'Feature';
  id: string | number;
  geometry: { type: 'Point'; coordinates: number[] } | null;
  properties: object | null;
}

/** Ids that a producer may use, also such as a shell or a quote could break. */
const IDS = [1, 2, 3, 1234567890123, 'a', "it's", 'a "b" /c', 'Zürich', '17'];

function point(id: string | number, lon: number, properties: object = {}): Feature {
  return { type: 'Feature', id, geometry: { type: 'Point', coordinates: [lon, 45] }, properties };
}

function removal(id: string | number): Feature {
  return { type: 'Feature', id, geometry: null, properties: null };
}

/** What a producer is given: features that come, move and go. */
function story(seed: number): Feature[] {
  const random = new Random(seed);
  return Array.from({ length: 40 }, (_, n) => {
    const id = random.of(IDS);
    return random.chance(0.3) ? removal(id) : point(id, random.below(20), { n, text: `it's "${n}" \\` });
  });
}

/** What exists after that: the last word on each id, unless it is a removal. */
function stateOf(features: Feature[]): Feature[] {
  const last = new Map(features.map((feature) => [feature.id, feature]));
  return [...last.values()].filter(({ geometry }) => geometry !== null);
}

/** What of it is in the box of a client. */
function inBox(features: Feature[]): Feature[] {
  return sorted(stateOf(features).filter(({ geometry }) => (geometry?.coordinates[0] ?? 0) <= 10));
}

function sorted(features: Iterable<Feature>): Feature[] {
  return [...features].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}

/** A client with a live view of a channel. */
async function watch({ url }: Pick<GatewayProcess, 'url'>, channel: string) {
  const client = await RawClient.connect(url);
  const { held, take } = liveSet(channel);
  client.inbox.onEach(take);
  await client.run('BBOX 0 40 10 50');
  await client.run(`SUB ${channel} live=true`);
  return { shows: () => sorted(held.values()), ids: () => [...held.keys()] };
}

/** The first Python that has the package; the distribution's own may have it if another one comes first on the PATH. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import redis']).status === 0,
);

/** A folder for the PATH in which `redis-cli` and `viaduct` are those of the test. */
function redisCliOf(port: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-producers-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const programs = {
    'redis-cli': `exec ${execFileSync('which', ['redis-cli'], { encoding: 'utf8' }).trim()} -p ${port} "$@"`,
    viaduct: `exec ${process.execPath} ${GATEWAY_MAIN} "$@"`,
  };
  for (const [name, line] of Object.entries(programs))
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return folder;
}

/** Runs a program with features as lines of its input. */
async function feed(program: string, args: readonly string[], features: Feature[]): Promise<void> {
  const child = spawn(program, args, { cwd: FOLDER, stdio: ['pipe', 'ignore', 'inherit'] });
  atEnd(() => void child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(features.map((feature) => `${JSON.stringify(feature)}\n`).join(''));
  expect(await ended).toBe(0);
}

interface Target {
  redis: Redis;
  url: string;
  channel: string;
  isStream: boolean;
}

/** A way to write features. */
type Producer = (target: Target, features: Feature[]) => Promise<unknown>;

const reader =
  (program: string, script: string): Producer =>
  ({ url, channel, isStream }, features) =>
    feed(program, [script, ...(isStream ? ['--stream'] : []), '--redis', url, channel], features);

const shell: Producer = async ({ url, channel }, features) => {
  for (const feature of features) {
    const { id, geometry } = feature;
    const args =
      geometry === null
        ? ['remove', channel, JSON.stringify(id)]
        : ['put', channel, String(id), JSON.stringify(feature)];
    execFileSync('sh', ['shell.sh', ...args], { cwd: FOLDER, env: { ...process.env, REDIS_URL: url } });
  }
};

const library: Producer = async ({ redis, channel, isStream }, features) => {
  await redis.function('LOAD', 'REPLACE', await functionLibrary());
  const keys = isStream ? [2, channel, `${channel}:state`] : [1, channel];
  for (const feature of features) {
    if (feature.geometry === null) await redis.call('FCALL', 'viaduct_remove', ...keys, String(feature.id));
    else await redis.call('FCALL', 'viaduct_put', ...keys, JSON.stringify(feature));
  }
};

/** What `viaduct functions` prints. */
async function functionLibrary(): Promise<string> {
  return (await runGateway({}, { arguments: ['functions'] })).gateway.stdout;
}

const KINDS = ['a hash', 'a stream'] as const;
type Kind = (typeof KINDS)[number];

const PRODUCERS: (readonly [string, Producer, readonly Kind[]])[] = [
  ['node.js', reader(process.execPath, 'node.js'), KINDS],
  ['shell.sh', shell, ['a hash']],
  ['the functions', library, KINDS],
  ...(python === undefined ? [] : [['python.py', reader(python, 'python.py'), KINDS] as const]),
];

const CASES = PRODUCERS.flatMap(([name, produce, kinds]) => kinds.map((kind) => ({ name, produce, kind })));

test.each(CASES)(
  '$name with $kind: a live view shows exactly what was written, to who was there and to who comes later',
  async ({ produce, kind }) => {
    const isStream = kind === 'a stream';
    const { server, redis } = await startWorld();
    const env = { REDIS_URL: server.url, CHANNELS: 'things', ...(isStream && { STREAMS: 'things' }) };
    const gateway = await startGateway(env);
    const target = { redis, url: server.url, channel: 'things', isStream };
    const [before, after] = [story(1), story(2)];
    await produce(target, before);
    const early = await watch(gateway, 'things');
    await eventually(() => expect(early.shows()).toEqual(inBox(before)));
    await produce(target, after);
    const expected = inBox([...before, ...after]);
    expect(expected.length).toBeGreaterThan(1);
    await eventually(() => expect(early.shows()).toEqual(expected));
    const late = await watch(await startGateway(env), 'things');
    await eventually(() => expect(late.shows()).toEqual(expected));
    expect(await redis.hlen(isStream ? 'things:state' : 'things')).toBe(
      stateOf([...before, ...after]).length,
    );
  },
);

if (python === undefined && spawnSync('python3', ['--version']).status === 0) {
  test('python.py compiles, which is all that can be tested without the package redis', () => {
    const compile = 'import ast, sys; ast.parse(open(sys.argv[1]).read())';
    execFileSync('python3', ['-c', compile, 'python.py'], { cwd: FOLDER });
  });
}

test('shell.sh ends with an error if Redis refuses a part', async () => {
  const { server, redis } = await startWorld();
  await redis.set('text', 'not a hash');
  const env = { ...process.env, REDIS_URL: server.url };
  const { status, stderr } = spawnSync('sh', ['shell.sh', 'put', 'text', '1', '{}'], { cwd: FOLDER, env });
  expect([status, stderr.toString()]).toEqual([1, expect.stringContaining('WRONGTYPE')]);
});

describe('the functions', () => {
  let redis: Redis;
  beforeAll(async () => {
    ({ redis } = await startWorld());
    await redis.function('LOAD', await functionLibrary());
  });
  const call = (...args: (string | number)[]) => redis.call('FCALL', ...(args as [string]));
  const text = (id: unknown) => JSON.stringify({ ...point(1, 7), id });

  test('answer with 1, with the id of the entry, or with 0 if there is nothing to remove', async () => {
    const put = await call('viaduct_put', 2, 'log', 'log:state', text(1));
    expect(await redis.xrange('log', '-', '+')).toEqual([[put, ['data', text(1)]]]);
    expect(await call('viaduct_put', 1, 'plain', text(1))).toBe(1);
    expect(await call('viaduct_remove', 1, 'plain', 1)).toBe(1);
    expect(await call('viaduct_remove', 1, 'plain', 1)).toBe(0);
    expect(await redis.exists('plain')).toBe(0);
  });

  test('keep about the number of entries that MAXLEN says', async () => {
    for (let i = 0; i < 500; i += 1)
      await call('viaduct_put', 2, 'short', 'short:state', text(i), 'MAXLEN', 100);
    // Redis trims whole nodes of 100 entries (stream-node-max-entries).
    expect(await redis.xlen('short')).toBeLessThanOrEqual(200);
    expect(await redis.hlen('short:state')).toBe(500);
  });

  test.each([
    ['not JSON', ['viaduct_put', 1, 'bad', 'x'], 'not valid JSON'],
    ['NaN', ['viaduct_put', 1, 'bad', text(1).replace('[7', '[NaN')], 'not valid JSON'],
    [
      'a geometry',
      ['viaduct_put', 1, 'bad', '{"type":"Point","coordinates":[7,47]}'],
      'not a GeoJSON Feature',
    ],
    ['no id', ['viaduct_put', 1, 'bad', text(undefined)], 'needs an id'],
    [
      'an id that Lua would round',
      ['viaduct_put', 1, 'bad', text(1).replace('"id":1', '"id":9007199254740993')],
      'needs an id',
    ],
    ['no geometry', ['viaduct_put', 1, 'bad', JSON.stringify(removal(1))], 'viaduct_remove removes one'],
    ['a hash as a stream', ['viaduct_put', 2, 'hash', 'bad', text(1)], 'hash is a hash, not a stream'],
    ['text as a hash', ['viaduct_put', 2, 'bad', 'text', text(1)], 'text is a string, not a hash'],
    ['no key', ['viaduct_put', 0, text(1)], 'give one key'],
    ['an unknown word', ['viaduct_put', 1, 'bad', text(1), 'FAST'], 'there may be SHARDED'],
    ['no field', ['viaduct_remove', 1, 'bad'], 'needs the field'],
  ] as const)('refuse %s, and change nothing', async (_, args, message) => {
    await redis.hset('hash', 'a', 'b');
    await redis.set('text', 'a');
    await expect(call(...args)).rejects.toThrow(message);
    expect(await redis.exists('bad')).toBe(0);
  });
});

describe('in a Redis Cluster, where redis-cli finds the node by the keys', () => {
  test.each([
    ['plain', []],
    ['sharded', ['SHARDED']],
  ])('with %s channels, the functions reach every live view', async (pubSub, words) => {
    const cluster = await startLocalCluster();
    atEnd(() => cluster.stop());
    const lua = await functionLibrary();
    for (const { port } of cluster.masters)
      execFileSync('redis-cli', ['-p', String(port), '-x', 'FUNCTION', 'LOAD'], { input: lua });
    const gateway = await startGateway({ REDIS_URL: cluster.url, REDIS_PUBSUB: pubSub, CHANNELS: 'trains' });
    const view = await watch(gateway, 'trains');
    for (const [i, { port }] of cluster.masters.entries()) {
      const call = (...args: string[]) =>
        execFileSync('redis-cli', ['-c', '-e', '-p', String(port), 'FCALL', ...args, ...words]);
      call('viaduct_put', '1', 'trains', JSON.stringify(point(i, i)));
      call('viaduct_put', '1', 'trains', JSON.stringify(point('gone', 5)));
      call('viaduct_remove', '1', 'trains', 'gone');
    }
    await eventually(() => expect(view.ids().sort()).toEqual([0, 1, 2]));
  });
});

describe('what goes wrong', () => {
  /** Two gateways, and a client of the first one that is there from the beginning. */
  async function scene(env: Record<string, string> = {}, flags = '') {
    const { server, redis } = await startWorld();
    await redis.config('SET', 'notify-keyspace-events', flags);
    const settings = { REDIS_URL: server.url, CHANNELS: 'trains', ...env };
    const early = await watch(await startGateway(settings), 'trains');
    const publish = (feature: Feature) => redis.publish('trains', JSON.stringify(feature));
    const set = (field: string, feature: Feature) => redis.hset('trains', field, JSON.stringify(feature));
    return {
      redis,
      early,
      publish,
      set,
      /** What a client sees that comes now, to another gateway. */
      async lateIds() {
        const late = await watch(await startGateway(settings), 'trains');
        await eventually(() => expect(late.ids()).toContain('marker'));
        return late.ids();
      },
      /** Writes a feature as it should be; when it has arrived, everything before it has. */
      async mark() {
        await set('marker', point('marker', 1));
        await publish(point('marker', 1));
        await eventually(() => expect(early.ids()).toContain('marker'));
      },
    };
  }

  test('PUBLISH alone: who comes later does not see the feature', async () => {
    const { early, publish, mark, lateIds } = await scene();
    await publish(point(1, 7));
    await mark();
    expect(early.ids()).toEqual([1, 'marker']);
    expect(await lateIds()).toEqual(['marker']);
  });

  test('HSET alone: who is there does not see the feature, unless NOTIFY names the channel', async () => {
    const { early, set, mark, lateIds } = await scene();
    await set('1', point(1, 7));
    await mark();
    expect(early.ids()).toEqual(['marker']);
    expect((await lateIds()).sort()).toEqual([1, 'marker']);
    const notified = await scene({ NOTIFY: 'trains', NOTIFY_MS: '50' }, 'Khgx');
    await notified.set('1', point(1, 7));
    await eventually(() => expect(notified.early.ids()).toEqual([1]));
    await notified.redis.hdel('trains', '1');
    await eventually(() => expect(notified.early.ids()).toEqual([]));
    await notified.set('1', point(1, 7));
    await eventually(() => expect(notified.early.ids()).toEqual([1]));
    await notified.redis.pexpire('trains', 1);
    await eventually(() => expect(notified.early.ids()).toEqual([]));
  });

  test('a field that is not the id: a removed feature is back for who comes later', async () => {
    const { early, set, publish, redis, mark, lateIds } = await scene();
    await set('train 1', point(1, 7));
    await publish(point(1, 7));
    await redis.hdel('trains', '1');
    await publish(removal(1));
    await mark();
    expect(early.ids()).toEqual(['marker']);
    expect((await lateIds()).sort()).toEqual([1, 'marker']);
  });

  test('a producer that dies: its features stay, unless EXPIRE names the channel', async () => {
    const { early, set, publish } = await scene({ EXPIRE: `trains=${scaled(500)}ms` });
    await set('1', point(1, 7));
    await publish(point(1, 7));
    await eventually(() => expect(early.ids()).toEqual([1]));
    await eventually(() => expect(early.ids()).toEqual([]));
  });
});

describe('docs/producers.md', () => {
  const page = readFileSync(new URL('../../docs/producers.md', import.meta.url), 'utf8');

  test.each([
    ['python', 'python.py'],
    ['js', 'node.js'],
  ])('shows in %s what %s contains', (language, file) => {
    const source = readFileSync(`${FOLDER}${file}`, 'utf8');
    const blocks = codeBlocks(page).filter((block) => block.language === language);
    expect(blocks.length).toBeGreaterThan(0);
    for (const { text } of blocks) {
      // Pieces of the file, with other parts left out between them.
      for (const piece of text.split('\n\n\n')) expect(source).toContain(piece.trim());
    }
  });

  test('shows commands that write what it says', async () => {
    const { server, redis } = await startWorld();
    const bin = redisCliOf(server.port);
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, REDIS_URL: server.url };
    const commands = codeBlocks(page).filter(({ language, meta }) => language === 'sh' && meta !== 'cluster');
    for (const { text } of commands)
      execFileSync('bash', ['-euo', 'pipefail', '-c', text], { cwd: FOLDER, env });
    expect(await redis.hkeys('trains')).toEqual([]);
    expect(await redis.hkeys('ships:state')).toEqual(['4']);
    const entries = await redis.xrange('ships', '-', '+');
    expect(entries.map(([, [, entry = '']]) => JSON.parse(entry).geometry === null)).toEqual([
      false,
      true,
      false,
    ]);
  });
});
