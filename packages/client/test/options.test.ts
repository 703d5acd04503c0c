import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connect } from '../src/index.js';

test.each(['timeoutMs', 'reconnectMinMs', 'reconnectMaxMs'])(
  'a %s that is not positive, or longer than a timer can wait, is refused',
  (name) => {
    // Timers have 31 bits: a longer one fires at once.
    for (const value of [0, -1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY])
      expect(() => connect('http://localhost:1', { [name]: value })).toThrow(
        new RangeError(
          `${name} is ${value}; it must be a positive number of milliseconds, at most 2147483647`,
        ),
      );
  },
);

test('the package can be imported if there are neither immediates nor message channels', async () => {
  const program = `
    delete globalThis.setImmediate;
    delete globalThis.MessageChannel;
    const { connect } = await import('@viaduct/client');
    console.log(typeof connect);
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=browser', '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('..', import.meta.url)) },
  );
  expect(stdout.trim()).toBe('function');
});
