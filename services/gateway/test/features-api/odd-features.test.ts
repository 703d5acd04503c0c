import { expect, test } from 'vitest';
import { FeaturesClient, pointAt } from '../support/features-client.js';

/** More than JSON.stringify can write; JSON.parse reads it. */
const DEPTH = 30_000;

test('a feature that is nested too deeply to be written again is served, and the page for people shows the others', async () => {
  const api = await FeaturesClient.start();
  const properties = `{"a":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`;
  const deep = JSON.stringify(pointAt('deep', 7, 47)).replace('{}', properties);
  const other = JSON.stringify(pointAt('other', 7, 47));
  await api.redis.hset('trains', { deep, other });
  const items = '/collections/trains/items';
  const [list, own, json] = await Promise.all(
    [`${items}?f=html`, `${items}/deep?f=html`, `${items}/deep`].map(async (path) => {
      const answer = await fetch(`${api.root}${path}`);
      return { status: answer.status, text: await answer.text() };
    }),
  );
  expect([list?.status, own?.status, json?.status]).toEqual([200, 200, 200]);
  expect(list?.text).toContain('>other</a>');
  for (const page of [list, own]) expect(page?.text).toContain('(nested too deeply to be shown)');
  expect(json?.text).toContain('['.repeat(DEPTH));
});

test('a feature without an address, such as one whose id has half of a surrogate pair, is on the page for people without a link', async () => {
  const api = await FeaturesClient.start();
  const half = JSON.stringify(pointAt('\ud800', 7, 47));
  await api.redis.hset('trains', {
    half,
    none: JSON.stringify({ ...pointAt('', 7, 47), id: undefined, properties: { name: 'nameless' } }),
    other: JSON.stringify(pointAt('other', 7, 47)),
  });
  const answer = await fetch(`${api.root}/collections/trains/items?f=html`);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toContain('nameless');
  // Up to the links of the page itself.
  const [features = ''] = text.split('<ul>');
  const addresses = Array.from(features.matchAll(/href="([^"]*)"/gu), ([, href]) => href);
  const own = `${api.root}/collections/trains/items/other`;
  // One in the table, and one on the map, which draws all three.
  expect(addresses).toEqual([own, own]);
  expect(text.match(/class="point"/gu)).toHaveLength(3);
});

test('the page of a feature that is nested deeply is not many times as long as the feature', async () => {
  const api = await FeaturesClient.start();
  const properties = `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`;
  const deep = JSON.stringify(pointAt('deep', 7, 47)).replace('{}', properties);
  await api.redis.hset('trains', { deep, other: JSON.stringify(pointAt('other', 7, 47, { a: { b: 1 } })) });
  const [page, other] = await Promise.all(
    ['deep', 'other'].map(async (id) => {
      const answer = await fetch(`${api.root}/collections/trains/items/${id}?f=html`);
      return await answer.text();
    }),
  );
  expect(page?.length).toBeLessThan(10_000);
  expect(page).toContain('['.repeat(1000));
  expect(other).toContain('{\n  &quot;a&quot;: {\n    &quot;b&quot;: 1\n  }\n}');
});
