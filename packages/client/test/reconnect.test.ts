import { disconnect, notify, rowsOf, sessionsOf, TOKEN } from '@viaduct/testkit/admin';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionError, ConnectionState, StateChange, Viaduct } from '../src/index.js';
import { socketIo } from '../src/socket-io.js';
import { pollingOnly } from './support/polling-proxy.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

/** What a client reports about its state. */
function statesOf(viaduct: Viaduct): [ConnectionState, number | null | undefined][] {
  const states: [ConnectionState, number | null | undefined][] = [];
  viaduct.on('state', (state: ConnectionState, error: ConnectionError | null) => {
    states.push([state, error?.closeCode]);
  });
  return states;
}

/** Another gateway in the place of one that has ended. */
function again(gateway: GatewayProcess, env: Record<string, string> = {}): Promise<GatewayProcess> {
  return stack.gateway({ PORT: new URL(gateway.url).port, ...env });
}

describe('a gateway that is killed and started again', () => {
  test('restores projection, box and subscriptions, and the subscription reports the gap', async () => {
    const gateway = await stack.gateway();
    const viaduct = client(gateway.url);
    const states = statesOf(viaduct);
    const changes: Partial<StateChange>[] = [];
    const seen: unknown[] = [];
    const subscription = viaduct.subscribe('kill', {
      onFeature: ({ id, geometry }) => seen.push([id, geometry]),
      onState: ({ state, gap }) => changes.push({ state, gap }),
    });
    await viaduct.setProjection('epsg:3857', { box: [0, 5_000_000, 1_000_000, 6_000_000], precision: 1 });
    await subscription.ready;
    gateway.signal('SIGKILL');
    await gateway.ended;
    await expect.poll(() => subscription.state).toBe('offline');
    await again(gateway);
    await expect.poll(() => subscription.state).toBe('live');
    await stack.publish('kill', train(1, 30, 47), train(2, 8, 47));
    await expect.poll(() => seen).toEqual([[2, { type: 'Point', coordinates: [890556, 5942074] }]]);
    expect(changes).toEqual([
      { state: 'live', gap: false },
      { state: 'offline', gap: false },
      { state: 'live', gap: true },
    ]);
    expect(states[0]).toEqual(['open', undefined]);
    expect(states[1]).toEqual(['connecting', null]);
    expect(states.at(-1)).toEqual(['open', undefined]);
  });

  test('requests made meanwhile wait for it', async () => {
    await stack.publisher.hset('wait', '1', JSON.stringify(train(1, 8, 47)));
    const gateway = await stack.gateway();
    const viaduct = client(gateway.url);
    await viaduct.connected();
    gateway.signal('SIGKILL');
    await gateway.ended;
    await expect.poll(() => viaduct.state).toBe('connecting');
    const subscription = viaduct.subscribe('wait');
    const asked = Promise.all([viaduct.setBox([7, 46, 9, 48]), viaduct.get('wait'), subscription.ready]);
    await again(gateway);
    expect((await asked)[1]).toEqual([train(1, 8, 47)]);
  });

  test('a command that is under way ends with a ConnectionError', async () => {
    const gateway = await stack.gateway();
    const viaduct = client(gateway.url);
    await viaduct.connected();
    await stack.publisher.call('CLIENT', 'PAUSE', '60000', 'ALL');
    const failed = viaduct.get('under:way').catch((error: unknown) => error);
    gateway.signal('SIGKILL');
    expect(await failed).toMatchObject({ name: 'ConnectionError', problem: 'unreachable' });
    await stack.redis.kill();
    await stack.redis.start();
  });
});

test('the client of a draining gateway reconnects after a random wait', async () => {
  const gateway = await stack.gateway({ DRAIN_MS: '300' });
  const viaduct = client(gateway.url);
  const states = statesOf(viaduct);
  const subscription = viaduct.subscribe('drain');
  await subscription.ready;
  gateway.signal('SIGTERM');
  await gateway.ended;
  await again(gateway);
  await expect.poll(() => subscription.state).toBe('live');
  expect(states.slice(0, 2)).toEqual([
    ['open', undefined],
    ['connecting', 1012],
  ]);
});

test('a client that an operator disconnects does not reconnect', async () => {
  const gateway = await stack.gateway({ ADMIN_TOKEN: TOKEN });
  const viaduct = client(gateway.url);
  const states = statesOf(viaduct);
  const notices: string[] = [];
  viaduct.on('notice', (message) => notices.push(message));
  const subscription = viaduct.subscribe('operator');
  await subscription.ready;
  await notify(gateway, 'Good-bye');
  await expect.poll(() => notices).toEqual(['Good-bye']);
  const [session] = rowsOf(await sessionsOf(gateway));
  await disconnect(gateway, session?.id ?? 'none');
  await expect.poll(() => viaduct.state).toBe('closed');
  expect(states.at(-1)).toEqual(['closed', 4003]);
  expect(subscription.state).toBe('ended');
  await expect(viaduct.get('operator')).rejects.toMatchObject({ closeCode: 4003 });
  await expect(viaduct.setBox(null)).rejects.toMatchObject({ closeCode: 4003 });
  expect(viaduct.subscribe('operator').state).toBe('ended');
});

test('a function that gives the token is called before every connection, and again if it fails', async () => {
  const gateway = await stack.gateway();
  let calls = 0;
  const viaduct = client(gateway.url, {
    token: async () => {
      calls++;
      if (calls === 1) throw new Error('the login page is down');
      return `token ${calls}`;
    },
  });
  const problems: unknown[] = [];
  viaduct.on('state', (_state, error) => problems.push(error?.problem));
  await viaduct.connected();
  expect([calls, problems]).toEqual([2, ['no_credentials', undefined]]);
  gateway.signal('SIGKILL');
  await gateway.ended;
  await again(gateway);
  await expect.poll(() => viaduct.state).toBe('open');
  expect(calls).toBeGreaterThan(2);
});

test('socket.io polls if WebSockets are blocked', async () => {
  const gateway = await stack.gateway();
  const proxy = await pollingOnly(gateway.url);
  const viaduct = client(proxy.url, { transport: socketIo() });
  const seen: unknown[] = [];
  const subscription = viaduct.subscribe('poll', { onFeature: ({ id }) => seen.push(id) });
  await subscription.ready;
  await stack.publish('poll', train(1, 0, 0));
  await expect.poll(() => seen).toEqual([1]);
  expect(proxy.refusedUpgrades).toBeGreaterThan(0);
});
