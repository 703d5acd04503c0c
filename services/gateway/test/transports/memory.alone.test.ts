import { connectEngine, RawClient } from '@viaduct/testkit/clients';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { MeasuredGateway } from '@viaduct/testkit/measured-gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';

const CONNECTIONS = 10_000;
const BATCH = 100;
const CHANNELS = 5;

/** One message on every channel. */
async function publish(redis: Redis): Promise<void> {
  for (let i = 0; i < CHANNELS; i++) {
    await redis.publish(`channel-${i}`, '{"type":"Point","coordinates":[0.001,0.001]}');
  }
}

/** Connects, subscribes, sends a command and leaves: half of the clients through each transport, one in ten without a close. */
async function comeAndGo(gateway: GatewayProcess, connections: number): Promise<void> {
  for (let done = 0; done < connections; done += BATCH) {
    await Promise.all(
      Array.from({ length: BATCH }, (_, i) => (i % 2 === 0 ? visitRaw(i) : visitSocketIo(i))),
    );
  }
  await eventually(async () => {
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_connections')).toBe(0);
    expect(scrape.sum('viaduct_channels')).toBe(0);
  });

  async function visitRaw(i: number): Promise<void> {
    const client = await RawClient.connect(gateway.url);
    client.send('PROJECTION epsg:3857');
    client.send('BBOX 0 0 1000 1000');
    client.send(`SUB channel-${i % CHANNELS}`);
    await client.run('GET key');
    if (i % 10 === 0) client.terminate();
    else await client.close();
  }

  async function visitSocketIo(i: number): Promise<void> {
    const socket = await connectEngine(gateway.url);
    const answered = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (data.toString().startsWith('430')) resolve();
      });
    });
    socket.send('42["bbox",{"left":0,"bottom":0,"right":1,"top":1}]');
    socket.send(`42["sub",{"channel":"channel-${i % CHANNELS}"}]`);
    socket.send('420["get",{"key":"key"}]');
    await answered;
    if (i % 10 === 1) socket.terminate();
    else socket.close();
  }
}

test('after 10,000 connections the heap has its former size, within 10 %', async () => {
  const { server, redis } = await startWorld();
  const publishing = setInterval(() => void publish(redis).catch(() => {}), 5);
  atEnd(() => clearInterval(publishing));
  const gateway = await MeasuredGateway.start({ REDIS_URL: server.url, CHANNELS: '*' });
  await comeAndGo(gateway, CONNECTIONS / 4);
  const { heapUsed: before } = await gateway.memory();
  await comeAndGo(gateway, CONNECTIONS);
  await eventually(async () => expect((await gateway.memory()).heapUsed).toBeLessThan(before * 1.1));
  const scrape = await gateway.scrape();
  expect(scrape.sum('viaduct_connections_opened_total')).toBe(CONNECTIONS * 1.25);
  expect(scrape.sum('viaduct_connections_closed_total')).toBe(CONNECTIONS * 1.25);
  expect(scrape.sum('viaduct_subscriptions')).toBe(0);
});
