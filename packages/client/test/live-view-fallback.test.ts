import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveCollection, type Viaduct } from '../src/index.js';
import { clientOfOldGateway } from './support/old-gateway.js';
import { client, idsOf, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

describe('snapshots replace live views', () => {
  /** Pans and moves a feature out of the box: only the time to live can drop that. */
  async function follows(viaduct: Viaduct, channel: string): Promise<void> {
    await viaduct.setBox([0, 40, 10.5, 50]);
    const collection = new LiveCollection(viaduct, channel, { ttlMs: scaled(1500) });
    await collection.subscription.ready;
    expect(idsOf(collection)).toEqual([1, 2]);
    await viaduct.setBox([1.5, 40, 12.5, 50]);
    await expect.poll(() => idsOf(collection)).toEqual([12, 2]);
    await stack.set(channel, train(2, 30, 47));
    const talk = setInterval(() => void stack.set(channel, train(12, 12, 47)), 100);
    try {
      await expect.poll(() => idsOf(collection)).toEqual([12]);
    } finally {
      clearInterval(talk);
    }
  }

  test('with a gateway that does not know them', async () => {
    await stack.trains('view:old', 1, 2, 12);
    const gateway = await stack.gateway();
    const subs = async () => (await gateway.scrape()).sum('viaduct_commands_total', { command: 'SUB' });
    const viaduct = await clientOfOldGateway(gateway.url);
    await follows(viaduct, 'view:old');
    const before = await subs();
    const other = new LiveCollection(viaduct, 'view:old:other');
    await other.subscription.ready;
    // It is not asked again in this session.
    expect(await subs()).toBe(before + 1);
  });

  test('with a channel that is too big for one', async () => {
    const own = await stack.gateway({ MAX_LIVE_BYTES: '1 MiB' });
    await stack.trains('view:big', 1, 2, 12);
    const filler = 'x'.repeat(10_000);
    for (let id = 100; id < 250; id++)
      await stack.publisher.hset('view:big', id, JSON.stringify(train(id, 100, 47, { filler })));
    await follows(client(own.url), 'view:big');
  });

  test('with a channel that has become too big for one', async () => {
    const own = await stack.gateway({ MAX_LIVE_BYTES: '1 MiB' });
    await stack.trains('view:grow', 1, 12, 20);
    const viaduct = client(own.url);
    await viaduct.setBox([0, 40, 10.5, 50]);
    const collection = new LiveCollection(viaduct, 'view:grow', { ttlMs: scaled(1500) });
    await collection.subscription.ready;
    const filler = 'x'.repeat(10_000);
    for (let id = 100; id < 250; id++) await stack.publish('view:grow', train(id, 100, 47, { filler }));
    await viaduct.setBox([8, 40, 12.5, 50]);
    await expect.poll(() => idsOf(collection)).toEqual([12]);
    await viaduct.setBox([15, 40, 25, 50]);
    await expect.poll(() => idsOf(collection)).toEqual([20]);
    await stack.publish('view:grow', train(20, 30, 47));
    await expect.poll(() => idsOf(collection)).toEqual([]);
  });
});
