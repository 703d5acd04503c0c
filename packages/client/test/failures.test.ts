import { TEMPORARY_ERRORS } from '@viaduct/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveCollection } from '../src/index.js';
import { socketIo } from '../src/socket-io.js';
import { pollingOnly } from './support/polling-proxy.js';
import { client, type Stack, startStack, train } from './support/stack.js';
import { uncaughtIn } from './support/uncaught.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

describe('while no gateway can be reached', () => {
  test('requests fail in time, and still apply when there is one', async () => {
    const gone = await stack.gateway();
    gone.signal('SIGKILL');
    await gone.ended;
    const viaduct = client(gone.url, { timeoutMs: 300 });
    const seen: unknown[] = [];
    const trains = viaduct.subscribe('away', { onFeature: ({ id }) => seen.push(id) });
    const late = { name: 'ConnectionError', problem: 'timeout' };
    await Promise.all([
      expect(viaduct.setProjection('epsg:3857')).rejects.toMatchObject(late),
      expect(viaduct.setBox([0, 5_000_000, 1_000_000, 6_000_000])).rejects.toMatchObject(late),
      expect(viaduct.get('away')).rejects.toMatchObject(late),
      expect(trains.ready).rejects.toMatchObject(late),
    ]);
    expect(trains.state).not.toBe('ended');
    await stack.gateway({ PORT: new URL(gone.url).port });
    await expect.poll(() => trains.state).toBe('live');
    await stack.publish('away', train(1, 30, 47), train(2, 8, 47));
    await expect.poll(() => seen).toEqual([2]);
  });

  test('it is the same if a connection is lost', async () => {
    const gateway = await stack.gateway();
    const viaduct = client(gateway.url, { timeoutMs: 300 });
    await viaduct.connected();
    gateway.signal('SIGKILL');
    await gateway.ended;
    await expect.poll(() => viaduct.state).toBe('connecting');
    await expect(viaduct.setBox(null)).rejects.toMatchObject({ problem: 'timeout' });
  });
});

describe('a gateway that fails', () => {
  /** A client whose commands of that name fail in the gateway, and how often they did. */
  async function failing(command: string) {
    const gateway = await stack.gateway();
    const failures = { count: 0 };
    const proxy = await pollingOnly(gateway.url, undefined, (body) =>
      body.replaceAll(`{"status":"ok","command":"${command}"}`, () => {
        failures.count++;
        return `{"status":"error","code":"internal","message":"it broke","command":"${command}"}`;
      }),
    );
    const transport = socketIo({ transports: ['polling'] });
    return { viaduct: client(proxy.url, { transport }), failures };
  }

  test('is asked for a view a few times, then the view is given up', async () => {
    const { viaduct, failures } = await failing('BBOX');
    await expect(viaduct.setBox([0, 0, 1, 1])).rejects.toMatchObject({ code: 'internal' });
    expect(failures.count).toBe(4);
    expect(viaduct.view.box).toBe(null);
  });

  test('is asked for a subscription a few times, then it ends with the error', async () => {
    const { viaduct, failures } = await failing('SUB');
    const subscription = viaduct.subscribe('fails');
    await expect(subscription.ready).rejects.toMatchObject({ code: 'internal', message: 'it broke' });
    expect([subscription.state, failures.count]).toEqual(['ended', 4]);
  });
});

describe('a gateway that refuses a subscription for a temporary reason', () => {
  test.each(TEMPORARY_ERRORS)('as %s is asked again until it accepts it', async (code) => {
    const gateway = await stack.gateway();
    let refusals = 0;
    const proxy = await pollingOnly(gateway.url, undefined, (body) =>
      body.replaceAll('{"status":"ok","command":"SUB"}', (ok) =>
        refusals++ > 0 ? ok : `{"status":"error","code":"${code}","message":"try again","command":"SUB"}`,
      ),
    );
    const viaduct = client(proxy.url, { transport: socketIo({ transports: ['polling'] }) });
    const subscription = viaduct.subscribe('passes');
    await subscription.ready;
    expect([subscription.state, refusals]).toEqual(['live', 2]);
  });

  test('because all clients together have too many channels is asked again until there is room', async () => {
    const gateway = await stack.gateway({ MAX_CHANNELS: '1' });
    const [first, second] = [client(gateway.url), client(gateway.url)];
    const taken = first.subscribe('taken');
    await taken.ready;
    const wanted = second.subscribe('wanted');
    await expect
      .poll(async () => (await gateway.scrape()).sum('viaduct_errors_total', { code: 'too_many_channels' }))
      .toBeGreaterThan(0);
    await taken.unsubscribe();
    await wanted.ready;
    expect(wanted.state).toBe('live');
  });
});

describe('features that cannot be distinguished', () => {
  test('are left out: those whose id is neither text nor a number, and those whose id cannot be read', async () => {
    const gateway = await stack.gateway();
    const viaduct = client(gateway.url);
    const collection = new LiveCollection(viaduct, 'ids');
    const upper = new LiveCollection(viaduct, 'ids', {
      id: ({ properties }) => properties?.name.toUpperCase(),
    });
    const uncaught = await uncaughtIn(async () => {
      await Promise.all([collection.subscription.ready, upper.subscription.ready]);
      const odd = { ...train(1, 1, 47, { name: 'odd' }), id: { a: 1 } };
      for (let i = 0; i < 3; i++) await stack.publish('ids', odd);
      await stack.publish('ids', train(1, 1, 47), train(2, 2, 47, { name: 'last' }));
      await expect.poll(() => [...collection].map(([id]) => id)).toEqual([1, 2]);
      await expect.poll(() => [...upper].map(([id]) => id)).toEqual(['ODD', 'LAST']);
    });
    expect(uncaught.map(String)).toEqual([expect.stringContaining('TypeError')]);
  });
});
