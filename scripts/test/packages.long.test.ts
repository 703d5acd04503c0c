import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';
import { command, workspacePackages } from './support/packages.js';
import { INSTALL_TIMEOUT_MS, PackedProject, PUBLIC_PACKAGES } from './support/packed.js';

const REPOSITORY = 'git+https://github.com/viaduct-geo/viaduct.git';

const project = new PackedProject();

afterAll(() => project.remove());

function npx(...args: string[]): Promise<string> {
  return command('npx', ['--no-install', ...args], project.path);
}

/** Runs a module's text in the project; what it prints. */
function node(text: string): Promise<string> {
  return command(process.execPath, ['--input-type=module', '--eval', text], project.path);
}

describe.each(workspacePackages().map(({ folder: name }) => name))('%s', (name) => {
  it('has a README', () => {
    expect(readFileSync(join(ROOT, name, 'README.md'), 'utf8')).toMatch(/^# /u);
  });
});

describe.each(PUBLIC_PACKAGES.map(({ manifest, folder: at }) => ({ name: manifest.name, manifest, at })))(
  'the manifest of $name',
  ({ manifest, at }) => {
    it('has everything that a registry shows', () => {
      expect(manifest).toMatchObject({
        license: 'MIT',
        author: 'The Viaduct authors',
        homepage: expect.stringContaining('https://'),
        bugs: expect.stringContaining('https://'),
        engines: { node: '>=20.19' },
        repository: { type: 'git', url: REPOSITORY, directory: at },
        publishConfig: { access: 'public' },
      });
      expect(manifest.description?.length).toBeGreaterThan(20);
      expect(manifest.keywords?.length).toBeGreaterThan(2);
      expect(manifest.files?.length).toBeGreaterThan(0);
      expect(manifest.sideEffects).toBeDefined();
    });

    it('has types for every entry point', () => {
      for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
        if (entry === './package.json' || typeof target === 'string') continue;
        expect(Object.keys(target)[0], entry).toBe('types');
      }
      expect(manifest.exports).toHaveProperty(['.']);
    });
  },
);

it(
  'tarballs that npm packs install in an empty folder, and name only versions that a registry can have',
  async () => {
    const byNpm = new PackedProject('npm');
    onTestFinished(() => byNpm.remove());
    await byNpm.installAll();
    for (const { manifest } of PUBLIC_PACKAGES) {
      const text = `console.log(Object.keys(await import('${manifest.name}')).length > 0)`;
      const printed = await command(process.execPath, ['--input-type=module', '--eval', text], byNpm.path);
      expect(printed, manifest.name).toBe('true\n');
      const installed = join(byNpm.path, 'node_modules', manifest.name, 'package.json');
      expect(readFileSync(installed, 'utf8')).not.toMatch(/"(?:workspace|link|file|catalog):/u);
    }
  },
  INSTALL_TIMEOUT_MS,
);

describe('the public packages, packed', () => {
  beforeAll(async () => {
    await project.installAll();
  }, INSTALL_TIMEOUT_MS);

  it.each(PUBLIC_PACKAGES.map(({ manifest }) => manifest.name))(
    'publint finds nothing wrong with %s',
    async (name) => {
      const { buffer } = new Uint8Array(readFileSync(project.tarball(name)));
      const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    },
  );

  it.each(PUBLIC_PACKAGES.map(({ manifest }) => manifest.name))('the types of %s are right', async (name) => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(project.tarball(name))));
    expect(result.types).not.toBe(false);
    const problems = 'problems' in result ? result.problems : [];
    // The packages are ES modules alone: for node10 and for require() they have no entry points.
    const ours = problems.filter(
      (problem) =>
        !('resolutionKind' in problem) || ['node16-esm', 'bundler'].includes(problem.resolutionKind),
    );
    expect(ours.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
  });

  it.each(PUBLIC_PACKAGES.map(({ manifest }) => manifest.name))(
    '%s contains README, LICENSE and sources',
    (name) => {
      const installed = join(project.path, 'node_modules', name);
      for (const file of ['README.md', 'LICENSE', 'src', 'dist/index.d.ts']) {
        expect(existsSync(join(installed, file)), file).toBe(true);
      }
      expect(existsSync(join(installed, 'test'))).toBe(false);
      const manifest = readFileSync(join(installed, 'package.json'), 'utf8');
      expect(manifest).not.toContain('workspace:');
    },
  );

  it('depend only on published packages', () => {
    const published = PUBLIC_PACKAGES.map(({ manifest }) => manifest.name);
    for (const { manifest } of PUBLIC_PACKAGES) {
      const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
      const ours = needed.filter((dependency) => dependency.startsWith('@viaduct/'));
      expect(published).toEqual(expect.arrayContaining(ours));
    }
  });

  it('can be imported', async () => {
    for (const { manifest } of PUBLIC_PACKAGES) {
      const text = `console.log(Object.keys(await import('${manifest.name}')).length > 0)`;
      expect(await node(text), manifest.name).toBe('true\n');
    }
  });

  it(
    "the gateway's command starts it, and has its subcommands",
    async () => {
      expect(await npx('viaduct', '--help')).toContain('viaduct tail');
      const viaduct = join(project.path, 'node_modules/.bin/viaduct');
      const env = { REDIS_URL: 'memory:', CHANNELS: 'trains', PORT: '0', HOST: '127.0.0.1' };
      const gateway = new RunningProgram(viaduct, [], { cwd: project.path, env });
      const [, url] = await gateway.prints(/"url":"([^"]+)"/u);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      const tail = command(viaduct, ['tail', 'planes', '--url', String(url)], project.path);
      await expect(tail).rejects.toThrow(/not_allowed/u);
    },
    INSTALL_TIMEOUT_MS,
  );

  it('npx runs the conformance suite without any further package', async () => {
    const list = await npx('@viaduct/protocol', 'conformance', '--list');
    expect(list.split('\n').length).toBeGreaterThan(100);
    const dist = join(project.path, 'node_modules/@viaduct/protocol/dist/conformance');
    const licences = readFileSync(join(dist, 'standalone-licences.txt'), 'utf8');
    for (const bundled of ['ws', 'ioredis', 'socket.io-client']) expect(licences).toContain(`== ${bundled} `);
  });

  it(
    'all entry points can be imported if the optional packages are installed',
    async () => {
      const peers = Object.assign(
        {},
        ...PUBLIC_PACKAGES.map(({ manifest }) => manifest.peerDependencies ?? {}),
      );
      await project.install(...Object.entries(peers).map(([name, range]) => `${name}@${range}`));
      for (const { manifest } of PUBLIC_PACKAGES) {
        for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
          if (typeof target === 'string') continue;
          const name = `${manifest.name}${entry.slice(1)}`;
          expect(await node(`await import('${name}'); console.log('there')`), name).toBe('there\n');
        }
      }
    },
    INSTALL_TIMEOUT_MS,
  );
});
