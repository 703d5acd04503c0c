import { setImmediate } from 'node:timers/promises';
import { scaled } from '@viaduct/testkit/wait';
import { beforeAll, expect, test } from 'vitest';
import { LiveCollection } from '../src/index.js';
import { cut } from '../src/testing.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

/** Subscriptions of a session that the defaults of a gateway allow, see docs/settings.md. */
const MAX_SUBSCRIPTIONS = 100;

/** Commands that a client sends before any of them is answered. */
const MAX_UNANSWERED = 80;

test('a client with as many subscriptions as a gateway allows connects again without being refused a command', async () => {
  const gateway = await stack.gateway({ LIMITS: 'public' });
  const viaduct = client(gateway.url);
  const channels = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, i) => `pace:${i}`);
  void viaduct.setProjection('epsg:3857', { box: [0, 5_000_000, 2_000_000, 6_500_000] });
  const collections = channels.map((channel) => new LiveCollection(viaduct, channel));
  const states = (): string[] => [...new Set(collections.map(({ subscription }) => subscription.state))];
  await expect.poll(states).toEqual(['live']);
  let lost = 0;
  for (const collection of collections)
    collection.on('state', ({ state }) => {
      if (state === 'offline') lost++;
    });
  cut(viaduct);
  await expect.poll(() => lost).toBe(MAX_SUBSCRIPTIONS);
  await expect.poll(states).toEqual(['live']);
  await Promise.all(channels.map((channel) => stack.set(channel, train(1, 7, 47))));
  await expect.poll(() => collections.filter(({ size }) => size === 1).length).toBe(MAX_SUBSCRIPTIONS);
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_errors_total')).toBe(0);
  expect(scrape.sum('viaduct_commands_total', { command: 'SUB' })).toBe(2 * MAX_SUBSCRIPTIONS);
});

test('commands that are sent together are answered in order, however many they are', async () => {
  const gateway = await stack.gateway({ LIMITS: 'public' });
  const viaduct = client(gateway.url);
  const fields = Array.from({ length: 120 }, (_, i) => `${i}`);
  await stack.publisher.hset('pace:get', Object.fromEntries(fields.map((field) => [field, field])));
  expect(await Promise.all(fields.map((field) => viaduct.get('pace:get', field)))).toEqual(
    fields.map(Number),
  );
  expect((await gateway.scrape()).sum('viaduct_errors_total')).toBe(0);
});

test('commands that are never answered do not hold back others for longer than their timeout', async () => {
  const gateway = await stack.gateway({ LIMITS: 'public' });
  const viaduct = client(gateway.url, { timeoutMs: scaled(500) });
  let heard = 0;
  const steady = viaduct.subscribe('pace:steady', { onMessage: () => heard++ });
  await steady.ready;
  gateway.signal('SIGSTOP');
  const reads = Array.from({ length: MAX_UNANSWERED }, () => viaduct.get('pace:none', 'field'));
  const results = Promise.allSettled(reads);
  await setImmediate();
  // The reads are sent now, and it waits for an answer to one of them.
  const wanted = viaduct.subscribe('pace:wanted');
  const late = { status: 'rejected', reason: expect.objectContaining({ problem: 'timeout' }) };
  expect(await results).toEqual(reads.map(() => late));
  gateway.signal('SIGCONT');
  // As long as messages arrive, the client sends nothing by itself.
  await expect
    .poll(async () => {
      await stack.publish('pace:steady', 'tick');
      return [wanted.state, heard > 0];
    })
    .toEqual(['live', true]);
});
