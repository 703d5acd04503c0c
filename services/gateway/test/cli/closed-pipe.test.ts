import { startGateway } from '@viaduct/testkit/gateway';
import { GATEWAY_MAIN } from '@viaduct/testkit/programs';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/tls.js';

/**
 * Prints the exit code of a command whose output nobody reads: the reader closes its end of the pipe and reports that
 * through a FIFO; only then does the command start.
 */
const UNREAD = 'mkfifo closed; { cat closed; "$@"; echo "exit code $?" >&2; } | { exec <&-; : >closed; }';

/** The same for both outputs of the command. */
const BOTH_UNREAD =
  'mkfifo closed; exec 3>&2; { cat closed; "$@" 2>&1; echo "exit code $?" >&3; } | { exec <&-; : >closed; }';

/** What a shell prints that runs a command of `viaduct`. */
async function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const shell = ['-c', script, 'sh', process.execPath, GATEWAY_MAIN, ...args];
  const program = new RunningProgram('sh', shell, { cwd: await temporaryDirectory(), env });
  await program.ended;
  return program.printed;
}

test.each([
  [['--help'], {}, 0],
  [['--version'], {}, 0],
  [['functions'], {}, 0],
  [['edge-metrics', '--help'], {}, 0],
  [['tail', '--help'], {}, 0],
  [['check'], { REDIS_URL: 'memory:', CHANNELS: 'trains' }, 0],
  [['check'], { REDIS_URL: 'memory:', CHANNELS: '' }, 1],
])(
  '%j prints into a pipe that nobody reads, with %j, and keeps its exit code, %d',
  async (args, env, code) => {
    expect(await run(UNREAD, args, env)).toBe(`exit code ${code}\n`);
    expect(await run(BOTH_UNREAD, args, env)).toBe(`exit code ${code}\n`);
  },
);

test('tail ends when nobody reads its pipe', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'trains' });
  expect(await run(UNREAD, ['tail', 'trains', '--json', '--snapshot', '--url', gateway.url])).toBe(
    'exit code 0\n',
  );
});

test('an output that takes nothing, such as a full disk, is an error in one line', async () => {
  for (const args of [['functions'], ['check', '--help']]) {
    const printed = await run('"$@" >/dev/full; echo "exit code $?" >&2', args);
    expect(printed).toMatch(/^viaduct: cannot print: ENOSPC.*\nexit code 1\n$/u);
  }
});
