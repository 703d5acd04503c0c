import { once } from 'node:events';
import { connect } from 'node:net';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { beforeAll, describe, expect, test } from 'vitest';
import { FeaturesClient, idsOf, linkOf, pointAt } from '../support/features-client.js';

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({ CHANNELS: '*', COMMANDS_PER_SECOND: '0' });
});

/** Ids of texts and numbers, whose order as keys is neither that of the hash nor that of numbers. */
const IDS = Array.from({ length: 250 }, (_, i) => (i % 2 === 0 ? `train ${(i * 7919) % 250}` : i * 31));

async function readAll(query: string, channel: string): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const page of api.pages(query, channel)) {
    expect(page.numberReturned).toBe(page.features.length);
    ids.push(...idsOf(page));
  }
  return ids;
}

describe('pages', () => {
  test.each([1, 7, 100, 249, 250, 251])('have each feature once, with a limit of %i', async (limit) => {
    await api.fill(
      'still',
      IDS.map((id) => pointAt(id, 7, 47)),
    );
    const ids = await readAll(`?limit=${limit}`, 'still');
    expect(ids).toHaveLength(IDS.length);
    expect(new Set(ids)).toEqual(new Set(IDS));
    const inBox = await readAll(`?limit=${limit}&bbox=6,46,8,48`, 'still');
    expect(inBox).toEqual(ids);
  });

  test('for people have at most 500 features, and lead to the next ones', async () => {
    await api.fill(
      'many',
      Array.from({ length: 600 }, (_, i) => pointAt(`train ${i}`, 7, 47)),
    );
    const pages: number[] = [];
    let next: string | undefined = `${api.root}/collections/many/items?f=html&limit=10000`;
    while (next !== undefined) {
      const text = await (await api.ask(next)).text();
      pages.push(text.match(/<tr>/gu)?.length ?? 0);
      next = /<a href="([^"]+)" rel="next"/u.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(pages).toEqual([500, 100]);
  });

  test('neither repeat nor skip a feature that does not change, whatever the others do meanwhile', async () => {
    const others = Array.from({ length: 60 }, (_, i) => pointAt(`other ${i}`, 7, 47));
    await api.fill('moving', [...IDS.map((id) => pointAt(id, 7, 47)), ...others]);
    const ids: unknown[] = [];
    let round = 0;
    for await (const page of api.pages('?limit=13&bbox=6,46,8,48', 'moving')) {
      ids.push(...idsOf(page));
      // Some leave the box, some are removed, some come: with messages, as publishers announce it.
      const [leaving, removed] = [others[round % 60], others[(round * 7) % 60]];
      await api.redis.publish('moving', JSON.stringify(pointAt(String(leaving?.id), 20, 20)));
      await api.redis.publish(
        'moving',
        JSON.stringify({ type: 'Feature', id: removed?.id, properties: null, geometry: null }),
      );
      await api.redis.publish('moving', JSON.stringify(pointAt(`new ${round}`, 7, 47)));
      round++;
    }
    const kept = ids.filter((id) => IDS.includes(id as string | number));
    expect(kept).toHaveLength(IDS.length);
    expect(new Set(kept)).toEqual(new Set(IDS));
  });

  test('continue after another start of the gateway, because their order is that of the keys', async () => {
    await api.fill(
      'again',
      IDS.map((id) => pointAt(id, 7, 47)),
    );
    const first = await api.items('?limit=200', 'again');
    const other = new FeaturesClient(await restarted(), api.redis);
    const { pathname, search } = new URL(linkOf(first, 'next') ?? '');
    const second = await other.items(`${other.gateway.url}${pathname}${search}`);
    expect(new Set([...idsOf(first), ...idsOf(second)])).toEqual(new Set(IDS));
    expect(first.numberReturned + second.numberReturned).toBe(IDS.length);
  });

  test('of large features have fewer than the limit, and a next page', async () => {
    const text = 'x'.repeat(1_000_000);
    await api.fill(
      'large',
      Array.from({ length: 9 }, (_, i) => pointAt(i, 7, 47, { text })),
    );
    const sizes: number[] = [];
    for await (const { features } of api.pages('?limit=9', 'large')) sizes.push(features.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(9);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5);
  });
});

test('a message is in the next answer, and a removal, too', async () => {
  await api.fill('live', [pointAt('a', 7, 47)]);
  expect(idsOf(await api.items('', 'live'))).toEqual(['a']);
  await api.redis.publish('live', JSON.stringify(pointAt('b', 8, 47)));
  await expect.poll(async () => idsOf(await api.items('', 'live'))).toEqual(['a', 'b']);
  expect((await api.json<{ geometry: object }>('/collections/live/items/b')).geometry).toEqual({
    type: 'Point',
    coordinates: [8, 47],
  });
  await api.redis.publish(
    'live',
    JSON.stringify({ type: 'Feature', id: 'a', properties: null, geometry: null }),
  );
  await expect.poll(async () => idsOf(await api.items('', 'live'))).toEqual(['b']);
  expect(await api.status('/collections/live/items/a')).toBe(404);
});

test('a client with a WebSocket is answered between many requests that have arrived together', async () => {
  await api.fill(
    'flood',
    Array.from({ length: 2000 }, (_, i) => pointAt(i, 7, 47)),
  );
  const path = '/collections/flood/items?bbox=6,46,8,48&limit=10000';
  await api.items(`${api.root}${path}`);
  const client = await RawClient.connect(api.gateway.url);
  const { hostname, port } = new URL(api.gateway.url);
  let received = '';
  // As many on each connection as may wait there.
  const floods = Array.from({ length: 5 }, () => connect(Number(port), hostname));
  for (const flood of floods) {
    atEnd(() => void flood.destroy());
    flood.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
    });
  }
  await Promise.all(floods.map((flood) => once(flood, 'connect')));
  for (const flood of floods) flood.write(`GET /ogc${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(20));
  // In the same step: all may have been answered before this process knows of the first answer.
  const { envelopes } = await client.run('GET flood 0');
  // The gateway's clock says when it made each answer, however late it is read here.
  const answers = (): RegExpExecArray[] => [...received.matchAll(/"timeStamp":"([^"]+)"/gu)];
  await until(() => answers().length === 100, 'all answers');
  expect(envelopes[0]?.timestamp).toBeLessThan(Date.parse(answers().at(-1)?.[1] ?? ''));
});

test('features that have expired are gone, with a box and without, and a message brings them back', async () => {
  const expiring = await FeaturesClient.start({ EXPIRE: 'trains=4s' });
  await expiring.fill('trains', [pointAt('a', 7, 47), pointAt('b', 8, 47)]);
  const both = async (): Promise<unknown[]> => {
    const pages = [await expiring.items(), await expiring.items('?bbox=6,46,9,48')];
    return pages.map((page) => [page.numberMatched, idsOf(page)]);
  };
  await both();
  await expect.poll(both).toEqual([
    [0, []],
    [0, []],
  ]);
  await expect
    .poll(async () => {
      await expiring.redis.publish('trains', JSON.stringify(pointAt('b', 8, 47)));
      return both();
    })
    .toEqual([
      [1, ['b']],
      [1, ['b']],
    ]);
});

test('digits, order of members and unknown members stay as they were published', async () => {
  const text =
    '{"type":"Feature","id":12345678901234567890,"when":1.50,"geometry":{"type":"Point","coordinates":[7.10,47.0,1e3]},"properties":{"b":1,"a":2}}';
  await api.redis.hset('exact', 'x', text);
  const answer = await (await api.ask('/collections/exact/items')).text();
  expect(answer).toContain(text);
  const one = await (await api.ask('/collections/exact/items/12345678901234567890')).text();
  expect(one.endsWith(text.slice(1))).toBe(true);
});

test('what is not a Feature is not an item', async () => {
  await api.redis.hset('mixed', {
    point: '{"type":"Point","coordinates":[7,47]}',
    list: '[1,2]',
    broken: '{"type":',
    collection: JSON.stringify({ type: 'FeatureCollection', features: [pointAt('in', 7, 47)] }),
  });
  const page = await api.items('', 'mixed');
  expect([page.numberMatched, idsOf(page)]).toEqual([1, ['in']]);
});

async function restarted(): Promise<GatewayProcess> {
  const { host, port } = api.redis.options;
  return startGateway({ REDIS_URL: `redis://${host}:${port}`, CHANNELS: '*' });
}
