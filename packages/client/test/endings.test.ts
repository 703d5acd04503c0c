import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ConnectionState, LiveCollection, type StateChange } from '../src/index.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway();
});

describe('a signal that aborts ends', () => {
  test('a subscription, a collection and a client', async () => {
    const abort = new AbortController();
    const { signal } = abort;
    const viaduct = client(gateway.url, { signal: AbortSignal.any([signal]) });
    const subscription = viaduct.subscribe('abort', { signal });
    const other = client(gateway.url);
    const collection = new LiveCollection(other, 'abort', { signal });
    await Promise.all([subscription.ready, collection.subscription.ready]);
    abort.abort();
    expect([viaduct.state, subscription.state]).toEqual(['closed', 'ended']);
    expect([other.state, collection.subscription.state]).toEqual(['open', 'ended']);
    await expect.poll(() => stack.publisher.pubsub('NUMSUB', 'abort')).toEqual(['abort', 0]);
  });

  test('what would begin after it', async () => {
    const signal = AbortSignal.abort();
    const viaduct = client(gateway.url);
    expect(viaduct.subscribe('abort', { signal }).state).toBe('ended');
    expect(new LiveCollection(viaduct, 'abort', { signal }).subscription.state).toBe('ended');
    expect(client(gateway.url, { signal }).state).toBe('closed');
  });

  test('the wait for an answer or a connection, with its reason', async () => {
    const gone = await stack.gateway();
    gone.signal('SIGKILL');
    await gone.ended;
    const abort = new AbortController();
    const { signal } = abort;
    const viaduct = client(gone.url);
    viaduct.on('state', () => {});
    const waits = [
      viaduct.connected({ signal }),
      viaduct.get('abort', { signal }),
      viaduct.get('abort', 'field', { signal }),
    ];
    const reason = new Error('the page was left');
    abort.abort(reason);
    for (const wait of waits) await expect(wait).rejects.toBe(reason);
  });
});

test('what is declared with using ends with its block', async () => {
  const states: ConnectionState[] = [];
  const leave = async (): Promise<() => string> => {
    using viaduct = client(gateway.url);
    viaduct.on('state', (state) => states.push(state));
    using collection = new LiveCollection(viaduct, 'using');
    using subscription = viaduct.subscribe('using');
    await Promise.all([collection.subscription.ready, subscription.ready]);
    return () => `${collection.subscription.state} ${subscription.state}`;
  };
  const stateOf = await leave();
  expect([stateOf(), states]).toEqual(['ended ended', ['open', 'closed']]);
});

test('a listener receives only the next event, or none after off', async () => {
  const viaduct = client(gateway.url);
  const collection = new LiveCollection(viaduct, 'once', { snapshot: false });
  await collection.subscription.ready;
  const heard: string[] = [];
  const always = (): void => void heard.push('on');
  const never = (): void => void heard.push('never');
  collection.once('change', () => heard.push('once'));
  collection.on('change', always);
  collection.once('change', never);
  collection.off('change', never);
  for (let x = 0; x < 2; x++) {
    await stack.publish('once', train(1, x, 47));
    await expect.poll(() => heard.filter((name) => name === 'on').length).toBe(x + 1);
  }
  expect(heard).toEqual(['once', 'on', 'on']);
  collection.off('change', always);
  await stack.publish('once', train(1, 5, 47));
  await expect.poll(() => collection.get(1)?.geometry).toEqual({ type: 'Point', coordinates: [5, 47] });
  expect(heard).toHaveLength(3);
});

describe('nothing waits for ever without saying so', () => {
  test('a subscription that the gateway cannot serve for the time being: ready and the state say why, and it begins later', async () => {
    const own = await startStack();
    const ownGateway = await own.gateway();
    const viaduct = client(ownGateway.url, { timeoutMs: scaled(500) });
    await expect.poll(() => viaduct.state).toBe('open');
    await own.redis.kill();
    await expect.poll(async () => (await ownGateway.readiness()).sourceReady).toBe(false);
    const changes: Partial<StateChange>[] = [];
    const subscription = viaduct.subscribe('later', {
      snapshot: true,
      onState: ({ state, error }) => changes.push({ state, error }),
    });
    const late = { problem: 'timeout', cause: { code: 'source_unavailable' } };
    await expect(subscription.ready).rejects.toMatchObject(late);
    await expect.poll(() => changes[0]).toMatchObject({ state: 'pending', error: late });
    await own.redis.start();
    await expect.poll(() => subscription.state).toBe('live');
  });

  test('a box, if the connection is dead and nothing is subscribed: the connection is replaced, and the box applies', async () => {
    const own = await stack.gateway({ HEARTBEAT_MS: '600000' });
    await stack.set('dead', train(1, 7, 47));
    await stack.set('dead', train(2, 50, 47));
    const viaduct = client(own.url, { timeoutMs: scaled(1000) });
    await expect.poll(() => viaduct.state).toBe('open');
    own.signal('SIGSTOP');
    try {
      await expect(viaduct.setBox([0, 40, 10, 50])).rejects.toMatchObject({ problem: 'timeout' });
      expect(viaduct.state).toBe('connecting');
    } finally {
      own.signal('SIGCONT');
    }
    const read = async (): Promise<unknown> => viaduct.get('dead').catch((error: Error) => error.name);
    await expect.poll(read).toEqual([train(1, 7, 47)]);
  });
});
