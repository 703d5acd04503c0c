import { TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

const VALUES = 10;

const VIA = [
  ['worker threads', '2'],
  ['the main thread', '0'],
];

test.each(VIA)(
  'values that are larger than a queue reach clients that read, through %s',
  async (_, threads) => {
    const { server, redis } = await startWorld();
    const value = JSON.stringify('x'.repeat(2 * 1024 * 1024));
    for (let i = 0; i < VALUES; i++) await redis.hset('large', String(i), value);
    const gateway = await startGateway({
      REDIS_URL: server.url,
      CHANNELS: '*',
      MAX_QUEUE_BYTES: '65536',
      WORKER_THREADS: threads ?? '',
    });
    for (const transport of TRANSPORT_NAMES) {
      const client = await TRANSPORTS[transport](gateway.url);
      for (const line of ['GET large', 'SUB large snapshot=true']) {
        const { status, envelopes } = await client.run(line);
        expect(status.status).toBe('ok');
        expect(envelopes.filter(({ source }) => source === 'large')).toHaveLength(VALUES);
      }
    }
  },
);
