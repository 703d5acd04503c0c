import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { RunningProgram } from '../src/running-program.js';
import { until } from '../src/wait.js';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

function script(text: string, env = {}): RunningProgram {
  return new RunningProgram('sh', ['-c', text], { env, cwd: '/' });
}

/** Whether a process runs: one that has ended and waits for its parent does not. */
function runs(pid: string): boolean {
  try {
    return !/\) Z /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('what a program prints is known as it comes, errors included, and so is how it ends', async () => {
  const program = script('pwd; echo "$WORD" >&2; read -r line < /dev/null || exit 3', { WORD: 'größer' });
  expect(await program.prints('größer')).toEqual(['größer']);
  expect(await program.prints(/^(\/)\n/mu)).toEqual(['/\n', '/']);
  expect(await program.ended).toBe(3);
});

test('a program that ends without the text, or cannot be started, says so', async () => {
  await expect(script('echo other').prints('text')).rejects.toThrow(/did not print text:\nother/u);
  const missing = new RunningProgram('/no/such/program', []);
  await expect(missing.prints('text')).rejects.toThrow(/ENOENT/u);
});

test('a program ends with everything that it has started', async () => {
  const program = script('sleep 1000 & echo "pid=$!"; wait');
  const [, pid = ''] = await program.prints(/pid=(\d+)\n/u);
  expect(runs(pid)).toBe(true);
  await program.stop();
  expect(await program.ended).toBe('SIGKILL');
  await until(() => !runs(pid), 'the process to end');
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a program ends with the process that has started it, also by %s',
  async (signal) => {
    const text = `
    import { RunningProgram } from '@viaduct/testkit/running-program';
    console.log('pid=' + new RunningProgram('sleep', ['1000']).pid);`;
    const parent = new RunningProgram(process.execPath, ['--input-type=module', '--eval', text], {
      cwd: PACKAGE,
    });
    const [, pid = ''] = await parent.prints(/pid=(\d+)\n/u);
    expect(runs(pid)).toBe(true);
    parent.signal(signal);
    expect(await parent.ended).toBe(signal);
    await until(() => !runs(pid), 'the program to end');
  },
);
