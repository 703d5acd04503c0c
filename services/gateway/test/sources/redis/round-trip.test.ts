import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { distantConnection } from '../../support/slow-connection.js';
import { calls, readySource, testRedis } from '../../support/source-redis.js';

const METRIC = 'viaduct_source_round_trip_seconds';

/** The time between two PINGs. */
const TIMEOUT_MS = scaled(500);

/** The time that answers travel on the long line. */
const LINE_MS = 40;

test('every PING that Redis answered is measured, on both connections', async () => {
  const { server, admin } = await testRedis();
  await admin.config('RESETSTAT');
  const { recorder } = await readySource(server.url, TIMEOUT_MS);
  const measured = (connection: string) =>
    recorder.roundTrips.filter((trip) => trip.connection === connection).length;
  await eventually(() => {
    expect(measured('commands')).toBeGreaterThan(2);
    expect(measured('subscriber')).toBeGreaterThan(2);
  });
  // Redis's own statistics; a PING may be on its way.
  await eventually(async () => expect(recorder.roundTrips.length).toBe(await calls(admin, 'ping')));
});

test('a scrape shows how long the answers of a distant Redis take', async () => {
  const { server } = await testRedis();
  const REDIS_URL = await distantConnection(server.port, LINE_MS);
  const gateway = await startGateway({ REDIS_URL, CHANNELS: '*', REDIS_TIMEOUT_MS: String(TIMEOUT_MS) });
  for (const connection of ['commands', 'subscriber']) {
    await eventually(async () => {
      const scrape = await gateway.scrape();
      const sum = (part: string, labels = {}) => scrape.sum(`${METRIC}_${part}`, { connection, ...labels });
      expect(sum('count')).toBeGreaterThan(1);
      // No answer is faster than the line.
      expect(sum('bucket', { le: '0.025' })).toBe(0);
      expect(sum('sum')).toBeGreaterThan(sum('count') * 0.025);
    });
  }
});
