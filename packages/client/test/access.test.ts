import { inSeconds, SECRET, sign } from '@viaduct/testkit/credentials';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { patience } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { client, type Stack, startStack, train } from './support/stack.js';

/** Of a channel, in characters: the longest argument, see PROTOCOL.md. */
const LONGEST_NAME = 1024;

let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  stack = await startStack();
  gateway = await stack.gateway({
    JWT_SECRET: SECRET,
    JWT_CLOCK_TOLERANCE_MS: '0',
    PUBLISH_CHANNELS: 'notes',
    MAX_PUBLISH_BYTES: '100',
  });
});

describe('a token', () => {
  test('decides what can be read', async () => {
    const viaduct = client(gateway.url, { token: await sign({ channels: ['allowed'] }) });
    await viaduct.subscribe('allowed').ready;
    await expect(viaduct.get('other')).rejects.toMatchObject({ code: 'not_allowed' });
  });

  test('that is refused closes the client, which says why', async () => {
    const viaduct = client(gateway.url, { token: 'no.token.at.all' });
    const subscription = viaduct.subscribe('allowed');
    await expect(viaduct.connected()).rejects.toMatchObject({ problem: 'no_credentials', closeCode: 4005 });
    expect(viaduct.state).toBe('closed');
    expect(subscription.state).toBe('ended');
  });

  test('from a function is requested again if it is refused or has expired', async () => {
    const tokens = [
      'no.token.at.all',
      await sign({ exp: inSeconds(3 * patience()) }),
      await sign({ exp: inSeconds(600) }),
    ];
    const codes: unknown[] = [];
    const viaduct = client(gateway.url, { token: () => tokens.shift() ?? 'none' });
    viaduct.on('state', (state, error) => codes.push([state, error?.closeCode]));
    await expect.poll(() => codes.length).toBe(4);
    expect(codes).toEqual([
      ['connecting', 4005],
      ['open', undefined],
      ['connecting', 4004],
      ['open', undefined],
    ]);
  });

  test('can be replaced: what the new one does not allow ends, the rest continues', async () => {
    const viaduct = client(gateway.url, { token: await sign({ channels: ['a', 'b'] }) });
    const [a, b] = [viaduct.subscribe('a'), viaduct.subscribe('b')];
    await Promise.all([a.ready, b.ready]);
    await viaduct.setToken(await sign({ channels: ['b'] }));
    await expect.poll(() => a.state).toBe('ended');
    await expect(a.ready).resolves.toBe(undefined);
    expect(b.state).toBe('live');
    await expect(viaduct.setToken('no.token.at.all')).rejects.toMatchObject({ code: 'invalid_token' });
    expect(viaduct.state).toBe('open');
  });

  test('that does not allow a channel ends the subscription, however long the name is', async () => {
    const viaduct = client(gateway.url, { token: await sign({ channels: ['*'] }) });
    const subscription = viaduct.subscribe('x'.repeat(LONGEST_NAME));
    await subscription.ready;
    await viaduct.setToken(await sign({ channels: ['b'] }));
    await expect.poll(() => subscription.state).toBe('ended');
    expect(subscription.error).toMatchObject({ code: 'not_allowed' });
  });
});

describe('publish', () => {
  test('resolves when the message is on its way to all subscribers', async () => {
    const viaduct = client(gateway.url, { token: await sign({ channels: ['notes'], publish: ['notes'] }) });
    const seen: unknown[] = [];
    const subscription = viaduct.subscribe('notes', {
      onFeature: ({ id }) => seen.push(id),
      onMessage: (content) => seen.push(content),
    });
    await subscription.ready;
    for (const message of [train(7, 8, 47), { text: 'Delayed' }, 'text', null]) {
      await viaduct.publish('notes', message);
    }
    await expect.poll(() => seen).toEqual([7, { text: 'Delayed' }, 'text', null]);
  });

  test('throws what the gateway refuses', async () => {
    const viaduct = client(gateway.url, { token: await sign({ publish: ['notes'] }) });
    await expect(viaduct.publish('notes', 'x'.repeat(200))).rejects.toMatchObject({
      code: 'message_too_big',
    });
    await expect(viaduct.publish('other', 1)).rejects.toMatchObject({ code: 'not_allowed' });
  });
});
