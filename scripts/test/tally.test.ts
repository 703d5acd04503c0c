import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runTool } from '../lib/run.mjs';
import { sum, tallyVitest } from '../lib/tally.mjs';
import { localTool, ROOT } from '../lib/workspace.mjs';

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
  const args = ['run', '--root', folder, '--reporter=json', '--outputFile=report.json'];
  const { code } = await runTool(localTool('vitest'), args, { cwd: folder });
  return tallyVitest(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')), code);
}

describe('the tally of a run of vitest', () => {
  it('counts each test', async () => {
    const tally = await tallyOf({
      'a.test.js': "it('a', () => {}); it('b', () => { expect(1).toBe(2); });",
      'b.test.js': "it('c', () => {});",
    });
    expect(tally).toMatchObject({ passed: 2, failed: 1 });
    expect(tally.notes).toEqual([expect.stringContaining('a.test.js > b')]);
  });

  it('takes what was left out for failed', async () => {
    const tally = await tallyOf({
      'a.test.js': "it('a', () => {}); it.skip('b', () => {}); it.todo('c'); it('d', ({ skip }) => skip());",
      'b.test.js': "describe.skip('none', () => { it('e', () => {}); });",
    });
    expect(tally).toMatchObject({ passed: 1, failed: 4 });
  });

  it('counts files that break outside of their tests', async () => {
    const tally = await tallyOf({
      'empty.test.js': '',
      'load.test.js': "throw new Error('on loading');",
      'setup.test.js':
        "beforeAll(() => { throw new Error('in setup'); }); it('a', () => {}); it('b', () => {});",
      'teardown.test.js': "afterAll(() => { throw new Error('in teardown'); }); it('c', () => {});",
    });
    expect(tally).toMatchObject({ passed: 1, failed: 5 });
    expect(tally.notes.join('\n')).toContain('load.test.js (on loading)');
  });

  it('counts tests that died with their process', async () => {
    const tally = await tallyOf({
      'dies.test.js': "it('a', () => { process.kill(process.pid, 'SIGKILL'); }); it('b', () => {});",
      'lives.test.js': "it('c', () => {});",
    });
    expect(tally).toMatchObject({ passed: 1, failed: 2 });
  });

  it('counts an error that no test caught', async () => {
    const tally = await tallyOf({
      'a.test.js':
        "it('a', async () => { setTimeout(() => { throw new Error('stray'); }); await new Promise((r) => setTimeout(r, 100)); });",
    });
    expect(tally).toMatchObject({ passed: 1, failed: 1 });
    expect(tally.notes).toEqual([expect.stringContaining('outside the tests')]);
  });

  it('fails where nothing ran or nothing was reported', () => {
    expect(tallyVitest({ success: true, testResults: [] }, 0)).toMatchObject({ passed: 0, failed: 1 });
    expect(tallyVitest(null, 134)).toEqual({
      passed: 0,
      failed: 1,
      notes: ['vitest ended with code 134 before it could report'],
    });
  });

  it('adds up', () => {
    const parts = [
      { passed: 1, failed: 0, notes: [] },
      { passed: 5, failed: 2, notes: ['x', 'y'] },
    ];
    expect(sum(parts)).toEqual({ passed: 6, failed: 2, notes: ['x', 'y'] });
  });
});
