import { SECRET } from '@viaduct/testkit/credentials';
import { startGateway } from '@viaduct/testkit/gateway';
import { Random, seeds } from '@viaduct/testkit/random';
import { startWorld } from '@viaduct/testkit/world';
import { describe, test } from 'vitest';
import { LiveStorm } from '../../support/live-storm.js';

const CLIENTS = 6;
const STREAMS = 3;
const ROUNDS = 8;
const STEPS = 80;

describe('whatever happens, at every mark a client holds exactly what is in Redis and in its view', () => {
  test.each(seeds(3))('with seed %i', async (seed) => {
    const { redis, server } = await startWorld();
    const gateway = await startGateway({
      REDIS_URL: server.url,
      CHANNELS: '*',
      JWT_SECRET: SECRET,
      VIEW_CHANGES_PER_SECOND: '0',
      // The marks that the test publishes are numbers, which strict areas hold back.
      AREA_STRICT: 'off',
    });
    const storm = new LiveStorm(new Random(seed), redis, gateway.url);
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
  });
});
