import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@viaduct/testkit/wait';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

const ROLL = fileURLToPath(new URL('../../deploy/roll.sh', import.meta.url));
const DOCKER = fileURLToPath(new URL('support/fake-docker.sh', import.meta.url));

const HEALTHY = 'running healthy 0';
const STARTING = 'running starting 0';
const CRASHED = 'restarting unhealthy 1';

let stack: string;

beforeEach(() => {
  stack = mkdtempSync(join(tmpdir(), 'viaduct-roll-'));
  const folder = stack;
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(stack, 'now'));
  mkdirSync(join(stack, 'bin'));
  symlinkSync(DOCKER, join(stack, 'bin', 'docker'));
  put('replicas', '3');
  put('history', '');
  run(HEALTHY, HEALTHY, HEALTHY);
});

function put(file: string, text: string): void {
  writeFileSync(join(stack, file), text);
}

/** Containers that exist before the roll, numbered from 1. */
function run(...states: string[]): void {
  for (const [i, state] of states.entries()) put(`now/${i + 1}`, `${state}\n`);
  put('last', String(states.length));
  next();
}

/** States of the containers that the roll starts. */
function next(...states: string[]): void {
  put('next', states.map((state) => `${state}\n`).join(''));
}

function containers(): string[] {
  return readdirSync(join(stack, 'now')).sort();
}

/** Each change: gateways that serve, and all containers. */
function history(): { serving: number; all: number }[] {
  return lines('history').map((line) => {
    const [serving = 0, all = 0] = line.split(' ').map(Number);
    return { serving, all };
  });
}

/** Containers that had time to drain, in order. */
const stopped = (): string[] => lines('stopped');

/** Containers in which a Node was started to ask gateways, in order. */
const checks = (): string[] => lines('checks');

function lines(file: string): string[] {
  return readFileSync(join(stack, file), 'utf8').trim().split('\n');
}

function start(args: string[]) {
  const env = { ...process.env, PATH: `${join(stack, 'bin')}:${process.env.PATH}`, STACK: stack };
  const child = spawn(ROLL, args, { env: { ...env, ROLL_PATIENCE: '600' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)));
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, said })) };
}

const roll = (...args: string[]) => start(args).ended;

describe('deploy/roll.sh', () => {
  it('replaces all gateways, and never serves with fewer', async () => {
    expect(await roll()).toMatchObject({ code: 0, said: expect.stringContaining('3 gateways serve') });
    expect(containers()).toEqual(['4', '5', '6']);
    expect(Math.min(...history().map(({ serving }) => serving))).toBe(3);
  });

  it('asks each old gateway once, and before each drain one new gateway asks all new ones', async () => {
    expect((await roll()).code).toBe(0);
    expect(checks()).toEqual(['1', '2', '3', '4', '4', '4']);
  });

  it.each(['4', '5', '6'])('keeps the remaining old gateways if the new gateway %s hangs', async (id) => {
    put('hangs', id);
    const { code, said } = await roll();
    expect(code).toBe(1);
    expect(said).toContain(`new ones do not answer: ${id}. Run this again`);
    expect(stopped()).toEqual(['1']);
    expect(containers()).toEqual(['2', '3', '4', '5', '6']);
  });

  it('ends as it began, and says why, if the first new gateway crashes', async () => {
    next(CRASHED);
    const { code, said } = await roll();
    expect(code).toBe(1);
    expect(said).toContain('the last words of 4');
    expect(said).toContain('nothing has changed: 3 gateways serve');
    expect(containers()).toEqual(['1', '2', '3']);
    expect(Math.max(...history().map(({ all }) => all))).toBe(4);
    expect(Math.min(...history().map(({ serving }) => serving))).toBe(3);
  });

  it('can be repeated: after any number of failures, a good one replaces as many as there were', async () => {
    for (let i = 0; i < 3; i++) {
      next(CRASHED);
      expect((await roll()).code).toBe(1);
    }
    expect((await roll()).code).toBe(0);
    expect(containers()).toHaveLength(3);
    expect(Math.max(...history().map(({ all }) => all))).toBe(6);
    expect(Math.min(...history().map(({ serving }) => serving))).toBe(3);
  });

  it('removes every new gateway if a later one crashes', async () => {
    next(HEALTHY, HEALTHY, 'exited  0');
    expect((await roll()).code).toBe(1);
    expect(containers()).toEqual(['1', '2', '3']);
  });

  it('counts only what serves, and removes what crashes in a loop or hangs', async () => {
    run(HEALTHY, CRASHED, HEALTHY, 'exited  0', 'running unhealthy 0');
    expect((await roll()).code).toBe(0);
    expect(containers()).toEqual(['6', '7']);
    // The last one may only be busy, so it has time for its drain, too.
    expect(stopped()).toEqual(['1', '3', '5']);
  });

  it('counts and drains a gateway that answers, although Docker has called it unhealthy since it was paused', async () => {
    run(HEALTHY, 'running unhealthy 0 answers', HEALTHY);
    expect((await roll()).code).toBe(0);
    expect(containers()).toEqual(['4', '5', '6']);
    expect(stopped()).toEqual(['1', '2', '3']);
  });

  it('does nothing if no gateway serves, and says how to start one', async () => {
    run(CRASHED, CRASHED, CRASHED);
    expect(await roll()).toMatchObject({ code: 1, said: expect.stringContaining('docker compose up') });
  });

  it('leaves alone what `docker compose run` has started, such as a tail', async () => {
    run(HEALTHY, 'running  0 one-off', HEALTHY, 'exited  0 one-off');
    expect(await roll()).toMatchObject({ code: 0, said: expect.stringContaining('2 gateways serve') });
    expect(containers()).toEqual(['2', '4', '5', '6']);
    expect(stopped()).toEqual(['1', '3']);
  });

  it('asks compose for no other number of gateways if they cannot be listed', async () => {
    put('lists', '2');
    expect(await roll()).toMatchObject({ code: 1, said: expect.stringContaining('cannot be listed') });
    expect(containers()).toEqual(['1', '2', '3']);
  });

  it('changes the number on request, and says where to write it down', async () => {
    const { code, said } = await roll('2');
    expect(code).toBe(0);
    expect(containers()).toHaveLength(2);
    expect(said).toContain('GATEWAY_REPLICAS=2');
    put('replicas', '4');
    expect((await roll('4')).said).not.toContain('GATEWAY_REPLICAS');
    expect(containers()).toHaveLength(4);
  });

  it.each(['0', '-1', 'all'])('refuses %s as a number', async (count) => {
    expect(await roll(count)).toMatchObject({ code: 1, said: expect.stringContaining(`not ${count}`) });
    expect(containers()).toEqual(['1', '2', '3']);
  });

  it('ends as it began if it is interrupted while the new gateways start', async () => {
    next(STARTING);
    const { child, ended } = start([]);
    await until(() => containers().length === 4, 'the first new gateway');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(1);
    expect(containers()).toEqual(['1', '2', '3']);
  });
});
