import { expect, test } from 'vitest';
import { FeaturesClient } from '../support/features-client.js';

/** More than JSON.stringify can write; JSON.parse reads it. */
const DEPTH = 30_000;

test('a feature that is nested too deeply to be written again is served, and the page for people shows the others', async () => {
  const api = await FeaturesClient.start();
  const deep = `{"type":"Feature","id":"deep","geometry":null,"properties":{"a":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}}`;
  const other = '{"type":"Feature","id":"other","geometry":null,"properties":{}}';
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
  for (const page of [list, own]) expect(page?.text).toContain('(nested too deep to be shown)');
  expect(json?.text).toContain('['.repeat(DEPTH));
});
