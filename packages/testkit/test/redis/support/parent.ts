import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** What a parent process does once its two servers run. */
const THEN = {
  wait: 'setInterval(() => {}, 1000);',
  leave: '',
  'ignore-interrupt': `setInterval(() => {}, 1000); process.on('SIGINT', () => console.log('interrupted'));`,
};

interface Parent {
  parent: ChildProcessByStdio<null, Readable, null>;
  /** The two servers: one in its first run, one that was killed and started again. */
  servers: { pid: number; port: number }[];
  /** The parent's exit code, once it has ended. */
  ended: Promise<number | null>;
}

/** Starts a Node process, in a process group of its own, that starts two servers with the built package. */
export async function startParent(then: keyof typeof THEN): Promise<Parent> {
  const script = `
    import { startLocalRedis } from '@viaduct/testkit/redis';
    const [first, second] = await Promise.all([startLocalRedis(), startLocalRedis()]);
    await second.kill();
    await second.start();
    ${THEN[then]}
    console.log(JSON.stringify([first, second].map(({ pid, port }) => ({ pid, port }))));`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(parent, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  const [line] = await once(parent.stdout, 'data');
  return { parent, servers: JSON.parse(String(line)), ended };
}
