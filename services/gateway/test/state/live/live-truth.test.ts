import { SECRET } from '@viaduct/testkit/credentials';
import { startGateway } from '@viaduct/testkit/gateway';
import { Random, seeds } from '@viaduct/testkit/random';
import { startWorld } from '@viaduct/testkit/world';
import { describe, test } from 'vitest';
import { CHANNEL, LiveStorm } from '../../support/live-storm.js';

const CLIENTS = 6;
const STREAMS = 3;
const ROUNDS = 8;
const STEPS = 80;

const WAYS = [
  ['changes that are published', {}],
  [
    'some that are not, in a gateway that finds many messages big and clients slow',
    { NOTIFY: CHANNEL, NOTIFY_MS: '50', WORKER_MIN_BYTES: '1 KiB', CONFLATE_MESSAGES: '20' },
  ],
] as const;

describe('whatever happens, at every mark a client holds exactly what is in Redis and in its view', () => {
  test.each(seeds(3).flatMap((seed) => WAYS.map(([way, settings]) => [seed, way, settings] as const)))(
    'with seed %i and %s',
    async (seed, _way, settings) => {
      const { redis, server } = await startWorld();
      await redis.config('SET', 'notify-keyspace-events', 'KA');
      const gateway = await startGateway({
        REDIS_URL: server.url,
        CHANNELS: '*',
        JWT_SECRET: SECRET,
        VIEW_CHANGES_PER_SECOND: '0',
        // The marks that the test publishes are numbers, which strict areas hold back.
        AREA_STRICT: 'off',
        ...settings,
      });
      const storm = new LiveStorm(new Random(seed), redis, gateway.url, 'NOTIFY' in settings);
      try {
        await storm.connect(CLIENTS, STREAMS);
        for (let round = 0; round < ROUNDS; round++) {
          for (let i = 0; i < STEPS; i++) await storm.step();
          await storm.compare();
        }
      } catch (error) {
        throw new Error(`${String(error)}\nthe last steps were\n${storm.log.slice(-60).join('\n')}`, {
          cause: error,
        });
      }
    },
  );
});
