import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { GatewayProcess } from '@viaduct/testkit/gateway';
import { startLocalRedis } from '@viaduct/testkit/redis';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PNPM, ROOT } from '../lib/workspace.mjs';
import { command } from './support/packages.js';

const dockerfile = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8')
  .replaceAll(/^ *#.*\n/gmu, '')
  .replaceAll(/\\\n\s*/gu, '');

/** Instructions of one kind in a stage, without their keyword. */
function instructions(stage: string, keyword: string): string[] {
  const [, text = ''] = dockerfile.split(new RegExp(`^FROM \\S+ AS ${stage}$`, 'mu'));
  const own = text.split(/^FROM /mu)[0] ?? '';
  return [...own.matchAll(new RegExp(`^${keyword} (.*)$`, 'gmu'))].map(([, rest = '']) => rest);
}

/** The program and arguments of an instruction in the form of JSON. @throws Error if the stage has no such instruction */
function program(stage: string, keyword: string): string[] {
  const json = /\[.*\]/u.exec(instructions(stage, keyword)[0] ?? '')?.[0];
  if (json === undefined) throw new Error(`${stage} has no ${keyword}`);
  const [node, ...args] = JSON.parse(json) as string[];
  if (keyword !== 'CMD') expect(node).toBe('node');
  return keyword === 'CMD' ? [node ?? '', ...args] : args;
}

/** What the images contain, each in its folder. */
const images = mkdtempSync(join(tmpdir(), 'viaduct-images-'));
atEnd(() => rmSync(images, { recursive: true, force: true }));

// Runs the Dockerfile's own command without a registry: pnpm uses what the install of the workspace has left.
beforeAll(async () => {
  const [deploy, ...more] = instructions('build', 'RUN').filter((line) => line.includes(' deploy '));
  expect(more).toEqual([]);
  const { storeDir } = parse(readFileSync(join(ROOT, 'node_modules/.modules.yaml'), 'utf8')) as {
    storeDir: string;
  };
  const script = deploy
    ?.replaceAll(/--mount=\S+/gu, '')
    .replaceAll('--store-dir /pnpm', `--store-dir '${storeDir}'`)
    .replaceAll('/out/', `${images}/`);
  const programs = join(images, 'bin');
  mkdirSync(programs);
  writeFileSync(join(programs, 'pnpm'), `#!/bin/sh\nexec npx -y ${PNPM} "$@"\n`, { mode: 0o755 });
  const path = [programs, process.env.PATH].join(delimiter);
  // The install has verified the lockfile. Once more for each image, it would take seconds.
  const verified = 'pnpm_config_minimum_release_age=0';
  await command('env', [`PATH=${path}`, verified, 'sh', '-c', script ?? 'false'], ROOT);
});

test('the scripts that build the images find the files that they import', () => {
  const [build = ''] = instructions('build', 'RUN').filter((line) => line.includes(' tsc '));
  const scripts = [...build.matchAll(/node (\S+)/gu)].map(([, script = '']) => script);
  expect(scripts).not.toEqual([]);
  const copied = readFileSync(join(ROOT, '.dockerignore'), 'utf8').matchAll(/^!(.*)$/gmu);
  const folders = [...copied].map(([, path]) => path);
  for (const script of scripts) {
    const imports = readFileSync(join(ROOT, script), 'utf8').matchAll(/from '(\..*)'/gu);
    for (const [, path = ''] of imports) {
      const file = join(dirname(script), path);
      expect(
        folders.some((folder) => file === folder || file.startsWith(`${folder}/`)),
        file,
      ).toBe(true);
    }
  }
});

/** Resolves when the health check of an image succeeds. */
function healthy(image: string, env: Record<string, string>): Promise<string> {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const check = [...variables, process.execPath, ...program(image, 'HEALTHCHECK')];
  return eventually(() => command('env', check, join(images, image)));
}

test('the image of the gateway contains everything that it needs to serve', async () => {
  const cwd = join(images, 'gateway');
  const [main = ''] = program('gateway', 'CMD');
  const gateway = new GatewayProcess(
    { REDIS_URL: 'memory:', CHANNELS: 'trains' },
    { script: main, nodeArguments: program('gateway', 'ENTRYPOINT'), cwd },
  );
  await gateway.listening();
  await gateway.untilReady();
  await healthy('gateway', { PORT: String(gateway.port) });
  // Compose runs another command of the same image beside nginx.
  expect(await command(process.execPath, [main, '--help'], cwd)).toContain('viaduct tail');
});

test('the image of the demo contains everything that its feed needs, and the page', async () => {
  const redis = await startLocalRedis();
  atEnd(() => redis.stop());
  const cwd = join(images, 'demo');
  const args = [...program('demo', 'ENTRYPOINT'), ...program('demo', 'CMD')];
  new RunningProgram(process.execPath, args, { cwd, env: { REDIS_URL: redis.url } });
  await healthy('demo', { REDIS_URL: redis.url });
  expect(existsSync(join(cwd, 'dist/page/index.html'))).toBe(true);
});
