import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGateway } from '@viaduct/testkit/gateway';
import { codeBlocks } from '@viaduct/testkit/markdown';
import { GATEWAY_MAIN } from '@viaduct/testkit/programs';
import { Random, SEED } from '@viaduct/testkit/random';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type Feature, functionLibrary, point, removal, sorted, watch } from './features.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** Ids that a producer may use, including some that a shell or a quote could break. */
const IDS = [1, 2, 3, 1234567890123, 'a', "it's", 'a "b" /c', 'Zürich', '17'];

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
  '$name with $kind: a live view shows exactly what was written, to clients that were there and to those that come later',
  async ({ produce, kind }) => {
    const isStream = kind === 'a stream';
    const { server, redis } = await startWorld();
    const env = { REDIS_URL: server.url, CHANNELS: 'things', ...(isStream && { STREAMS: 'things' }) };
    const gateway = await startGateway(env);
    const target = { redis, url: server.url, channel: 'things', isStream };
    const [before, after] = [story(SEED), story(SEED + 1)];
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

/** Lines that no map could show. */
const BAD_LINES = ['', 'hello', '{"lat":47}', '{"type":"Point","coordinates":[7,47]}', '{"type":"Feature"}'];

test.each([['node.js', process.execPath], ...(python === undefined ? [] : [['python.py', python]])])(
  '%s ends with an error at a line that no map could show, and has written what came before',
  async (file, program) => {
    const { server, redis } = await startWorld();
    const args = [file as string, '--redis', server.url, 'things'];
    for (const line of BAD_LINES) {
      await redis.del('things');
      const input = `${JSON.stringify(point(1, 7))}\n${line}\n`;
      const { status, stderr } = spawnSync(program as string, args, { cwd: FOLDER, input, encoding: 'utf8' });
      expect([status, stderr]).toEqual([1, `Not a GeoJSON Feature with an id: "${line}"\n`]);
      expect(await redis.hkeys('things')).toEqual(['1']);
    }
  },
);

test('shell.sh ends with an error if Redis refuses a part', async () => {
  const { server, redis } = await startWorld();
  await redis.set('text', 'not a hash');
  const env = { ...process.env, REDIS_URL: server.url };
  const { status, stderr } = spawnSync('sh', ['shell.sh', 'put', 'text', '1', '{}'], { cwd: FOLDER, env });
  expect([status, stderr.toString()]).toEqual([1, expect.stringContaining('WRONGTYPE')]);
});

describe('docs/producers.md', () => {
  const page = readFileSync(new URL('../../../docs/producers.md', import.meta.url), 'utf8');

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
