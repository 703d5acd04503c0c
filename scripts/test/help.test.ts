import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { ROOT } from '../lib/workspace.mjs';

test.each(['test', 'test:stress', 'e2e', 'setup'])(
  'npm run %s -- --help says how it is used, and does nothing else',
  (script) => {
    const printed = execFileSync('npm', ['run', '--silent', script, '--', '--help'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(printed).toContain(`Usage: npm ${script === 'test' ? 'test' : `run ${script}`}`);
    // What the scripts print before each step of their work.
    expect(printed).not.toContain('▸');
  },
);

test('npm start -- --help names its settings, and does not start', () => {
  const printed = execFileSync('npm', ['start', '--', '--help'], { cwd: ROOT, encoding: 'utf8' });
  expect(printed).toContain('DEMO_COUNT    number of vehicles [1000]');
  expect(printed).not.toContain('is running');
});

test('npm start refuses an argument that it does not know, and says how it is used', () => {
  const start = (): string =>
    execFileSync('npm', ['start', '--', '--port=80'], { cwd: ROOT, stdio: 'pipe', encoding: 'utf8' });
  expect(start).toThrow(/npm start does not accept "--port=80"[\s\S]*PORT {10}port of the start page/u);
});

test('test:stress refuses a number of runs that it cannot read', () => {
  const run = (): string =>
    execFileSync('npm', ['run', '--silent', 'test:stress', '--', '--runs', 'x'], {
      cwd: ROOT,
      stdio: 'pipe',
      encoding: 'utf8',
    });
  expect(run).toThrow('--runs is "x"; it must be a whole number of at least 1');
});
