import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../lib/run.mjs';
import { ROOT } from '../lib/workspace.mjs';
import { command } from './support/packages.js';

const CHECK = pathToFileURL(join(ROOT, 'scripts/lib/require-node.mjs')).href;

function checkedBy(version: string): Promise<string> {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' });`;
  const args = [
    '--input-type=module',
    '--eval',
    `${pretend} await import('${CHECK}'); console.log('enough')`,
  ];
  return command(process.execPath, args, ROOT);
}

test.each(['20.19.0', '20.20.2', '22.0.0'])('the scripts run on Node %s', async (version) => {
  expect(await checkedBy(version)).toBe('enough\n');
});

test.each(['18.20.4', '20.9.0', '20.18.3'])(
  'the scripts refuse Node %s and say which one they need',
  async (version) => {
    await expect(checkedBy(version)).rejects.toThrow(/needs Node 20\.19 or newer; this is Node/u);
  },
);

test('a program returns its exit code, and a missing one is an error', async () => {
  expect(await run('sh', ['-c', 'exit 3'])).toBe(3);
  await expect(run('viaduct-no-such-tool', [])).rejects.toThrow('viaduct-no-such-tool');
});
