import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launchBrowser, openPage } from '@viaduct/testkit/browser';
import { startGateway } from '@viaduct/testkit/gateway';
import { codeBlocks } from '@viaduct/testkit/markdown';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { startWorld } from '@viaduct/testkit/world';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Zurich, in the box of the clients, and London, which is not. */
const [ZURICH, LONDON] = [
  [8.54, 47.38],
  [-0.13, 51.51],
];

function train(id: string, coordinates: number[] | undefined): string {
  const geometry = coordinates === undefined ? null : { type: 'Point', coordinates };
  return JSON.stringify({ type: 'Feature', id, geometry, properties: {} });
}

/** A gateway with a hash of trains, which can be ended and started again at the same place. */
async function gatewayWithTrains() {
  const { server, redis } = await startWorld();
  await redis.hset('demo:trains', { a: train('standing', ZURICH), b: train('far', LONDON) });
  const env = { REDIS_URL: server.url, CHANNELS: 'demo:trains' };
  let gateway = await startGateway(env);
  const { port } = new URL(gateway.url);
  return {
    url: gateway.url.replace('http', 'ws'),
    publish: (id: string, coordinates?: number[]) => redis.publish('demo:trains', train(id, coordinates)),
    forget: () => redis.del('demo:trains'),
    async restart() {
      await gateway.stop();
      gateway = await startGateway({ ...env, PORT: port });
    },
  };
}

/** Publishes until `seen` says that it has arrived: from outside, nothing shows when a client has subscribed. */
async function publishUntil(publish: () => Promise<unknown>, seen: () => unknown): Promise<void> {
  const check = async () => {
    await publish();
    return seen();
  };
  await expect.poll(check).toBeTruthy();
}

/** A client that prints features as they come. */
async function followsTrains(command: string, args: readonly string[], comesBack: boolean): Promise<void> {
  const gateway = await gatewayWithTrains();
  const client = new RunningProgram(command, [...args, gateway.url], { cwd: FOLDER });
  await client.prints('"standing"');
  await publishUntil(
    () => gateway.publish('moving', ZURICH),
    () => client.printed.includes('"moving"'),
  );
  await gateway.publish('elsewhere', LONDON);
  await publishUntil(
    () => gateway.publish('last', ZURICH),
    () => client.printed.includes('"last"'),
  );
  expect(client.printed).not.toMatch(/far|elsewhere/u);
  if (!comesBack) return;
  await gateway.restart();
  await publishUntil(
    () => gateway.publish('later', ZURICH),
    () => client.printed.includes('"later"'),
  );
}

/** Whether there is such a Python, and this program runs in it. */
function runs(python: string, program: string): boolean {
  return spawnSync(python, ['-c', program]).status === 0;
}

describe('the smallest useful client', () => {
  test('in Node.js', () => followsTrains(process.execPath, ['node.js'], true));

  test('in a shell, with wscat', () => followsTrains('sh', ['shell.sh'], false));

  // The distribution's own Python may have the package if another one comes first on the PATH.
  const python = ['python3', '/usr/bin/python3'].find((program) => runs(program, 'import websockets'));
  if (python !== undefined) {
    test('in Python', () => followsTrains(python, ['python.py'], true));
  } else if (runs('python3', '')) {
    test('in Python: it compiles, which is all that can be tested without the package websockets', () => {
      const compile = 'import ast, sys; ast.parse(open(sys.argv[1]).read())';
      execFileSync('python3', ['-c', compile, 'python.py'], { cwd: FOLDER });
    });
  }

  describe('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser.close());

    test('sends what docs/getting-started.md says', async () => {
      const document = await readFile(new URL('../../docs/getting-started.md', import.meta.url), 'utf8');
      const sent = codeBlocks(document).filter(({ text }) => text.startsWith('> '));
      expect(sent).toHaveLength(1);
      const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'buses' });
      const { page } = await openPage(browser);
      const frames: string[] = [];
      page.on('websocket', (socket) => {
        socket.on('framesent', ({ payload }) => frames.push(`> ${payload}\n`));
      });
      const url = `file://${FOLDER}browser.html?channel=buses&gateway=${gateway.url.replace('http', 'ws')}`;
      await page.goto(url);
      await expect.poll(() => frames.join('')).toBe(sent[0]?.text);
      await expect.poll(() => page.locator('#state').textContent()).toBe('connected');
    });

    test('shows trains, moves and removes them, and reconnects', async () => {
      const gateway = await gatewayWithTrains();
      const { page, complaints } = await openPage(browser);
      await page.goto(`file://${FOLDER}browser.html?gateway=${gateway.url}`);
      const rows = () =>
        page
          .locator('tbody tr')
          .evaluateAll((all) =>
            all.map((row) => [...row.children].map((cell) => cell.textContent).join(' ')),
          );
      await expect.poll(rows).toEqual(['standing 8.54 47.38']);
      expect(await page.locator('#state').textContent()).toBe('connected');
      await publishUntil(
        () => gateway.publish('moving', ZURICH),
        async () => (await rows()).length === 2,
      );
      await gateway.publish('moving', [9, 47]);
      await expect.poll(rows).toEqual(['standing 8.54 47.38', 'moving 9 47']);
      await gateway.publish('moving');
      await expect.poll(rows).toEqual(['standing 8.54 47.38']);
      expect(complaints).toEqual([]);
      await gateway.forget();
      await gateway.restart();
      await expect.poll(rows).toEqual([]);
      await publishUntil(
        () => gateway.publish('later', ZURICH),
        async () => (await rows()).length === 1,
      );
    });
  });
});
