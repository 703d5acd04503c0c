import { expect, test } from 'vitest';
import { FeaturesClient, pointAt } from '../support/features-client.js';

test('an Accept header is ignored if it is long enough that reading it would hold up others', async () => {
  const api = await FeaturesClient.start();
  await api.fill(
    'trains',
    Array.from({ length: 20 }, (_, i) => pointAt(i, 7, 47)),
  );
  const ask = async (repeats: number) => {
    const headers = {
      accept: `${'application/xml,'.repeat(repeats)}image/png`,
      'accept-encoding': `${'deflate,'.repeat(2 * repeats)}gzip`,
    };
    const answer = await fetch(`${api.root}/collections/trains/items?f=json`, { headers });
    const { status } = await fetch(`${api.root}/collections/trains/items`, { headers });
    return [status, answer.headers.get('content-encoding')];
  };
  expect(await ask(10)).toEqual([406, 'gzip']);
  expect(await ask(300)).toEqual([200, null]);
});
