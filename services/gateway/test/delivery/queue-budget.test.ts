import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import { ConflationKey } from '../../src/delivery/conflation-key.js';
import { OutMessage } from '../../src/delivery/messages.js';
import { QueueBudget } from '../../src/delivery/queue-budget.js';
import { LIMITS, newFlusher, OutboxHarness } from '../support/outbox-harness.js';

const KIB = 1024;
const MAX = 100 * KIB;

function slowClients(count: number, conflates = false) {
  let evicted = 0;
  const budget = new QueueBudget(MAX, () => evicted++);
  const clients = Array.from({ length: count }, () => {
    const client = new OutboxHarness({ ...LIMITS, conflates }, newFlusher(), budget);
    client.congest(true);
    return client;
  });
  return { budget, clients, evicted: () => evicted };
}

const message = (kib: number, key: string | null = null): OutMessage => {
  const text = JSON.stringify('x'.repeat(kib * KIB - 2));
  return new OutMessage(text, performance.now(), {
    key: key === null ? null : new ConflationKey('live', key),
  });
};

/** Pushes a message, and lets the flush find that the connection accepts nothing. */
async function push(client: OutboxHarness | undefined, pushed: OutMessage): Promise<void> {
  client?.outbox.push(pushed);
  client?.outbox.flush(Number.POSITIVE_INFINITY);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe('the queues of all slow clients together', () => {
  test('count each message once, until the last client has it or is gone', async () => {
    const { budget, clients } = slowClients(3);
    const shared = message(10);
    for (const client of clients) await push(client, shared);
    await push(clients[0], message(5));
    expect(budget.bytes).toBe(15 * KIB);
    for (const client of clients.slice(0, 2)) client.congest(false);
    await eventually(() => expect(budget.bytes).toBe(10 * KIB));
    clients[2]?.outbox.close();
    expect(budget.bytes).toBe(0);
  });

  test('include what a connection has not sent yet', async () => {
    const { budget, clients } = slowClients(1);
    const [client] = clients;
    client?.congest(false);
    if (client !== undefined) client.writer.congestedAfterWrite = true;
    await push(client, message(20));
    expect(budget.bytes).toBe(20 * KIB);
    client?.congest(false);
    expect(budget.bytes).toBe(0);
  });

  test('are conflated first, and nobody is closed if that is enough', async () => {
    const { budget, clients, evicted } = slowClients(4, true);
    for (let i = 0; i < 3; i++)
      for (const [n, client] of clients.entries()) await push(client, message(10, `${n}`));
    expect(budget.bytes).toBeLessThanOrEqual(MAX);
    expect(evicted()).toBe(0);
    expect(clients.map(({ outbox }) => outbox.closed)).toEqual([false, false, false, false]);
  });

  test('are then shortened by closing those that stopped first, but not those that hold little', async () => {
    const { budget, clients, evicted } = slowClients(4);
    await push(clients[0], message(1));
    for (const client of clients.slice(1)) await push(client, message(30));
    expect(evicted()).toBe(0);
    await push(clients[3], message(30));
    expect(evicted()).toBe(1);
    expect(clients.map(({ overflows }) => overflows)).toEqual([0, 0, 0, 1]);
    expect(budget.bytes).toBe(61 * KIB);
    for (const client of clients.slice(1, 3)) await push(client, message(25));
    expect(clients.map(({ overflows }) => overflows)).toEqual([0, 1, 0, 1]);
    expect(budget.bytes).toBeLessThanOrEqual(MAX);
  });
});
