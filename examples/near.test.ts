import { fileURLToPath } from 'node:url';
import { builtins, createGateway, loadConfig, MemorySource } from '@viaduct/gateway';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { expect, test } from 'vitest';
import near from './near.js';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Zurich, Winterthur at 19.3 km from it, and Geneva at 224.4 km. */
const PLACES = {
  zurich: [8.5417, 47.3769],
  winterthur: [8.724, 47.4992],
  geneva: [6.1432, 46.2044],
} as const;

function feature(name: keyof typeof PLACES): string {
  return JSON.stringify({
    type: 'Feature',
    properties: { name },
    geometry: { type: 'Point', coordinates: PLACES[name] },
  });
}

/** A client of a gateway in this process, with the places in a hash. */
async function embed(): Promise<{ client: RawClient; source: MemorySource }> {
  const source = new MemorySource();
  for (const name of ['zurich', 'winterthur', 'geneva'] as const) source.hset('places', name, feature(name));
  const config = loadConfig({ PORT: '0', HOST: '127.0.0.1', CHANNELS: '*', LOG_LEVEL: 'silent' });
  const gateway = createGateway({ ...config, commands: [...builtins, near], source });
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  return { client: await RawClient.connect(url), source };
}

/** The name of a feature. */
function nameOf(content: unknown): string | undefined {
  return (content as { properties: { name: string } } | null)?.properties.name;
}

/** Names of the features that GET gives. */
async function places(client: RawClient): Promise<(string | undefined)[]> {
  const { envelopes } = await client.run('GET places');
  return envelopes.map(({ content }) => nameOf(content));
}

test('NEAR lets features pass by their distance, and NEAR alone lets all pass', async () => {
  const { client } = await embed();
  expect(await places(client)).toEqual(['zurich', 'winterthur', 'geneva']);
  await client.run('NEAR 8.5417 47.3769 19312');
  expect(await places(client)).toEqual(['zurich', 'winterthur']);
  await client.run('NEAR 8.5417 47.3769 19311');
  expect(await places(client)).toEqual(['zurich']);
  await client.run('NEAR lon=8.5417 lat=47.3769 metres=224352');
  expect(await places(client)).toEqual(['zurich', 'winterthur', 'geneva']);
  await client.run('NEAR 8.5417 47.3769 224351');
  expect(await places(client)).toEqual(['zurich', 'winterthur']);
  await client.run('NEAR 0 0 1');
  expect((await client.run('GET places')).envelopes).toMatchObject([{ content: null }]);
  await client.run('NEAR');
  expect(await places(client)).toEqual(['zurich', 'winterthur', 'geneva']);
});

test('NEAR applies to what is published, together with box and projection', async () => {
  const { client, source } = await embed();
  await client.run('PROJECTION epsg:3857');
  await client.run('NEAR 8.5417 47.3769 30000');
  await client.run('SUB live');
  await source.publish('live', feature('geneva'));
  await source.publish('live', '{"type":"Feature","properties":{"name":"nowhere"},"geometry":null}');
  await source.publish('live', '"no feature"');
  await source.publish('live', 'null');
  await source.publish('live', feature('zurich'));
  const { content } = await client.inbox.next();
  expect(nameOf(content)).toBe('zurich');
  const [x] = (content as { geometry: { coordinates: number[] } }).geometry.coordinates;
  expect(x).toBeCloseTo(950_857.7, 0);

  await client.run('BBOX 950000 5900000 951000 6100000');
  await source.publish('live', feature('winterthur'));
  await source.publish('live', feature('zurich'));
  expect(nameOf((await client.inbox.next()).content)).toBe('zurich');
});

test.each([
  ['NEAR 8 47', 'missing_argument', /usage: NEAR \[lon lat metres\]/u],
  ['NEAR 8 47 100 5', 'too_many_arguments', /usage: NEAR/u],
  ['NEAR 8 47 far', 'invalid_argument', /metres is "far"/u],
  ['NEAR 8 47 100 speed=5', 'unknown_argument', /"speed"/u],
])('%s is refused and changes nothing', async (line, code, message) => {
  const { client } = await embed();
  await client.run('NEAR 8.5417 47.3769 19000');
  const { status } = await client.run(line);
  expect(status).toMatchObject({ status: 'error', code, message: expect.stringMatching(message) });
  expect(await places(client)).toEqual(['zurich']);
});

test('an unmodified gateway loads it from COMMANDS, relative to its working directory', async () => {
  const env = { REDIS_URL: 'memory:', CHANNELS: '*', COMMANDS: './near.js' };
  const gateway = await startGateway(env, { cwd: FOLDER });
  const client = await RawClient.connect(gateway.url);
  expect((await client.run('NEAR 8.5417 47.3769 30000')).status.status).toBe('ok');
  expect((await client.run('NEAR 8')).status).toMatchObject({ code: 'missing_argument' });
});
