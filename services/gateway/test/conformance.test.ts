import { type Conformance, conformanceCases, openConformance } from '@viaduct/protocol/conformance';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { type LocalRedis, startLocalRedis } from '@viaduct/testkit/redis';
import { patienceMs } from '@viaduct/testkit/wait';
import { afterAll, beforeAll, describe, it } from 'vitest';

const PREFIX = 'conf';

let redis: LocalRedis;

beforeAll(async () => {
  redis = await startLocalRedis();
});

afterAll(() => redis?.stop());

/** Runs the suite's cases against a gateway with these settings. */
function conforms(env: Readonly<Record<string, string>>, cases = conformanceCases()): void {
  let gateway: GatewayProcess;
  let conformance: Conformance;

  beforeAll(async () => {
    gateway = await startGateway({ REDIS_URL: redis.url, CHANNELS: `${PREFIX}*`, ...env });
    conformance = await openConformance({
      url: gateway.url,
      redisUrl: redis.url,
      prefix: PREFIX,
      timeoutMs: patienceMs(),
      ...(env.DEFAULT_PROJECTION !== undefined && { defaultProjection: env.DEFAULT_PROJECTION }),
      ...(env.MAX_FRAME_BYTES !== undefined && { maxFrameBytes: Number(env.MAX_FRAME_BYTES) }),
    });
  });

  afterAll(async () => {
    await conformance?.close();
    await gateway?.stop();
  });

  for (const { name, run } of cases) it(name, () => run(conformance));
}

describe('a gateway with its defaults', () => {
  conforms({});
});

describe('a gateway with a default projection and a small frame limit', () => {
  const topics = ['projection', 'frame of', 'frame beyond'];
  conforms(
    { DEFAULT_PROJECTION: 'epsg:3857', MAX_FRAME_BYTES: '2000' },
    conformanceCases().filter(({ name }) => topics.some((topic) => name.includes(topic))),
  );
});
