import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@viaduct/testkit/ports';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import mqtt from 'mqtt';
import { expect, test } from 'vitest';
import { LAST } from '../make/samples.js';
import { expectAt, watchedRedis } from './run-feed.js';

const MESSAGES = readFileSync(fileURLToPath(new URL('../data/mqtt.jsonl', import.meta.url)), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { topic: string; payload: { VP: { tsi: number } } });

/** A broker on a port, with nothing but what the test needs. */
function startBroker(port: number): RunningProgram {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-broker-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
  return new RunningProgram('mosquitto', ['-c', config], { env: { PATH } });
}

/** A client of the broker that publishes. */
function publisherOf(url: string): mqtt.MqttClient {
  const publisher = mqtt.connect(url, { reconnectPeriod: 100 });
  publisher.on('error', () => {});
  atEnd(() => publisher.end(true));
  return publisher;
}

test('trams that report over a broker are written, also after the broker was killed and restarted', async () => {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  const broker = startBroker(port);
  const world = await watchedRedis('trams');
  const feed = world.run('mqtt.js', url, '/hfp/v2/journey/ongoing/vp/tram/#');
  const publisher = publisherOf(url);
  const publish = async (messages: typeof MESSAGES) => {
    for (const { topic, payload } of messages)
      await publisher.publishAsync(topic, JSON.stringify(payload), { qos: 1 });
  };
  await feed.prints('subscribed');
  const half = MESSAGES.length / 2;
  await publish(MESSAGES.slice(0, half));
  await publisher.publishAsync('/hfp/v2/journey/ongoing/vp/bus/1/1', JSON.stringify(MESSAGES[0]?.payload));
  await publisher.publishAsync('/hfp/v2/journey/ongoing/vp/tram/1/1', 'not JSON');
  await eventually(async () => expect((await world.vehicles()).size).toBe(LAST.trams.size));
  await broker.stop();
  startBroker(port);
  // What is published before the feed has subscribed again is lost, so the last word is repeated.
  await eventually(
    async () => {
      await publish(MESSAGES.slice(-LAST.trams.size));
      expectAt(await world.vehicles(), LAST.trams);
    },
    { everyMs: 200 },
  );
});

test('while Redis accepts no writes, the newest messages wait, the loss is reported, and the last positions are written', async () => {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  startBroker(port);
  const world = await watchedRedis('trams');
  const feed = world.run('mqtt.js', url, '/hfp/v2/journey/ongoing/vp/tram/#');
  const publisher = publisherOf(url);
  await feed.prints('subscribed');
  const report = (long: number) =>
    publisher.publishAsync(
      '/hfp/v2/journey/ongoing/vp/tram/40/1',
      JSON.stringify({ VP: { oper: 40, veh: 1, desi: '4', tsi: 1, lat: 60, long } }),
      { qos: 1 },
    );
  const place = async () => (await world.vehicles()).get('40/1')?.geometry.coordinates;
  await report(24);
  await eventually(async () => expect(await place()).toEqual([24, 60]));
  // Redis still answers reads.
  await world.redis.client('PAUSE', 600_000, 'WRITE');
  for (let sent = 0; !feed.printed.includes('dropped'); sent += 500)
    await Promise.all(Array.from({ length: 500 }, (_, index) => report((sent + index) / 1e6)));
  await report(25);
  await world.redis.client('UNPAUSE');
  await eventually(async () => expect(await place()).toEqual([25, 60]));
  expect(feed.printed).toContain('dropped 1 of the oldest messages, because 10000 were waiting for Redis');
});
