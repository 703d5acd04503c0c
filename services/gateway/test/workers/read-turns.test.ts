import { GeoPool, type MessageTask, type PortionTask } from '@viaduct/geo-worker';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, patienceMs, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';
import { Claim } from '../../src/state/read-reservation.js';
import { ReadTurns } from '../../src/workers/read-turns.js';
import { PoolReports } from '../support/big-harness.js';
import { readerFrom } from '../support/read-harness.js';

const FRAME = { room: 0, head: '', tail: '' };
const VIEW = { crs: 'EPSG:4326', axisOrder: 'xy', precision: null } as const;
const PORTION: PortionTask = {
  kind: 'portion',
  texts: ['1'],
  view: VIEW,
  area: null,
  boxCrs: null,
  frame: FRAME,
};
const MESSAGE: MessageTask = { kind: 'message', text: '1', frame: FRAME, recipients: [] };

function busyThread() {
  const pool = new GeoPool({ threads: 1, timeoutMs: patienceMs(), observer: new PoolReports() });
  atEnd(() => pool.close());
  let refused = 0;
  const turns = new ReadTurns(pool, () => refused++);
  const order: string[] = [];
  const [greedy, modest] = [readerFrom('a'), readerFrom('b')];
  const read = async (name: string, reader = greedy): Promise<void> => {
    await turns.run(PORTION, new Claim(reader)).then(
      () => order.push(name),
      () => order.push(`no ${name}`),
    );
  };
  const message = async (name: string): Promise<void> => {
    await pool.run(MESSAGE);
    order.push(name);
  };
  return { turns, order, read, message, greedy, modest, refused: () => refused };
}

test('messages come before reads, and the reads of one session do not delay those of another', async () => {
  const { order, read, message, modest } = busyThread();
  const all = Array.from({ length: 10 }, (_, i) => read(`greedy ${i}`));
  all.push(read('modest', modest), message('message 1'), message('message 2'));
  await Promise.all(all);
  expect(order.slice(0, 3)).toEqual(['greedy 0', 'message 1', 'message 2']);
  expect(order.indexOf('modest')).toBeLessThanOrEqual(4);
  expect(order).toHaveLength(13);
});

test('reads of sessions that have ended are given up, also if thousands wait', async () => {
  const { order, read, greedy, modest } = busyThread();
  const all = Array.from({ length: 2_000 }, (_, i) => read(`greedy ${i}`));
  all.push(read('modest', modest));
  greedy.ended = true;
  await Promise.all(all);
  expect(order.filter((name) => !name.startsWith('no'))).toEqual(['greedy 0', 'modest']);
});

test('past a limit no further read begins, which is counted', async () => {
  const { turns, read, greedy, refused } = busyThread();
  const all: Promise<void>[] = [];
  while (turns.waiting < 256) all.push(read(''));
  expect(() => turns.admit()).toThrow(expect.objectContaining({ code: 'overloaded' }));
  expect(refused()).toBe(1);
  greedy.ended = true;
  await Promise.all(all);
  turns.admit();
  expect(refused()).toBe(1);
});

test('big messages arrive while many sessions read a large hash, each in a projection of its own', async () => {
  const { server, redis } = await startWorld();
  const pad = 'x'.repeat(1_000);
  const feature = (id: number, fill: string): string =>
    JSON.stringify({
      type: 'Feature',
      id,
      properties: { fill },
      geometry: { type: 'Point', coordinates: [7 + id / 1e4, 46] },
    });
  const values = Array.from({ length: 3_000 }, (_, i) => [String(i), feature(i, pad)]).flat();
  await redis.hset('hash', ...values);
  const gateway = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    LIMITS: 'off',
    WORKER_THREADS: '2',
  });
  const readers = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(gateway.url)));
  for (const [i, reader] of readers.entries()) {
    reader.inbox.divert(() => {});
    reader.sendTogether([`PROJECTION epsg:${32_601 + i}`, ...Array.from({ length: 200 }, () => 'GET hash')]);
  }
  const tasks = async (): Promise<number> => (await gateway.scrape()).sum('viaduct_worker_tasks_waiting');
  await eventually(async () => expect(await tasks()).toBeGreaterThan(20));
  const subscriber = await RawClient.connect(gateway.url);
  await subscriber.run('SUB big');
  const ids: unknown[] = [];
  subscriber.inbox.divert(({ source, content }) => {
    if (source === 'big') ids.push((content as { id: number }).id);
  });
  const big = 'x'.repeat(200_000);
  for (let id = 0; id < 20; id++) {
    await redis.publish('big', feature(id, big));
    await until(() => ids.length === id + 1, `message ${id} to arrive`);
  }
  // The readers have kept the workers busy to the end.
  expect(await tasks()).toBeGreaterThan(20);
  expect((await gateway.scrape()).sum('viaduct_big_messages_dropped_total')).toBe(0);
});
