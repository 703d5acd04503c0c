import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runVitest } from '../lib/suites.mjs';
import { repeatFailures, tallyVitest } from '../lib/tally.mjs';
import { ROOT } from '../lib/workspace.mjs';

/** Runs vitest on files of the given contents, and tallies what it reports. */
async function tallyOf(files: Record<string, string>) {
  // Inside of the repository, because the files import vitest.
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'tally-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const header = "import { afterAll, beforeAll, describe, expect, it } from 'vitest';\n";
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), header + text);
  writeFileSync(join(folder, 'vitest.config.mjs'), "export default { test: { include: ['*.test.js'] } };\n");
  return runVitest(folder, ['--root', folder]);
}

test('the tally counts every test that did not pass, and every file that broke outside its tests', async () => {
  const { passed, failed, notes, failedFiles } = await tallyOf({
    'passes.test.js': "it('passes', () => {});",
    'fails.test.js': "it('passes', () => {}); it('fails', () => { expect(1).toBe(2); });",
    'left-out.test.js':
      "it.skip('skipped', () => {}); it.todo('to do'); it('given up', ({ skip }) => skip());",
    'empty.test.js': '',
    'load.test.js': "throw new Error('on loading');",
    'setup.test.js': "beforeAll(() => { throw new Error('in setup'); }); it('not run', () => {});",
    'teardown.test.js': "afterAll(() => { throw new Error('in teardown'); }); it('passes', () => {});",
    'dies.test.js': "it('dies', () => { process.kill(process.pid, 'SIGKILL'); });",
  });
  expect(passed).toBe(3);
  expect(failed).toBe(9);
  const text = notes.join('\n');
  expect(text).toContain('fails.test.js > fails');
  expect(text).toContain('load.test.js: on loading');
  for (const title of ['skipped', 'to do', 'given up', 'not run']) expect(text).toContain(`> ${title}`);
  for (const file of ['empty', 'teardown', 'dies']) expect(text).toContain(`${file}.test.js`);
  const names = (failedFiles ?? []).map((file) => basename(file, '.test.js')).sort();
  expect(names).toEqual(['dies', 'empty', 'fails', 'left-out', 'load', 'setup', 'teardown']);
});

test('an error that no test caught counts as failed', async () => {
  const stray =
    "setTimeout(() => { throw new Error('stray'); }); await new Promise((r) => setTimeout(r, 100));";
  const { passed, failed, notes, failedFiles } = await tallyOf({
    'a.test.js': `it('passes', async () => { ${stray} });`,
    'b.test.js': "it('passes', () => {});",
  });
  expect({ passed, failed }).toEqual({ passed: 2, failed: 1 });
  expect(notes).toMatchObject([expect.stringMatching(/^not caught by any test: .*a\.test\.js: stray$/u)]);
  expect(failedFiles?.map((file) => basename(file))).toEqual(['a.test.js']);
});

test('a run counts as failed if it reports nothing or ran no test', () => {
  expect(tallyVitest(null, 134)).toMatchObject({ passed: 0, failed: 1 });
  expect(tallyVitest({ numPassedTests: 0, testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1 });
  const uncaught = [{ file: null, message: 'stray' }];
  expect(tallyVitest({ numPassedTests: 1, testResults: [] }, 1, uncaught)).toMatchObject({
    failed: 1,
    failedFiles: [],
  });
});

describe('when the files with failed tests are repeated', () => {
  const FAILED = { passed: 7, failed: 2, notes: ['failed: a > b', 'failed: c > d'], failedFiles: ['a', 'c'] };

  test('what passes then is counted as passed and named as unreliable', async () => {
    const repeat = vi.fn(async () => ({ passed: 4, failed: 0, notes: [] }));
    expect(await repeatFailures(FAILED, repeat)).toEqual({
      ...{ passed: 9, failed: 0, notes: [] },
      unreliable: FAILED.notes,
    });
    expect(repeat.mock.calls).toEqual([[['a', 'c']]]);
  });

  test('all failures stand if anything fails again', async () => {
    const again = { passed: 3, failed: 1, notes: ['failed: a > b'] };
    expect(await repeatFailures(FAILED, async () => again)).toBe(FAILED);
  });

  test.each([
    ['failures that are in no file', { ...FAILED, failedFiles: [] }],
    ['failures in many files', { ...FAILED, failedFiles: ['a', 'b', 'c', 'd', 'e', 'f'] }],
  ])('%s are not repeated', async (_, first) => {
    const repeat = vi.fn();
    expect(await repeatFailures(first, repeat)).toBe(first);
    expect(repeat).not.toHaveBeenCalled();
  });
});
