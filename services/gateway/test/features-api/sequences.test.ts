import { CLOSE_CODES } from '@viaduct/protocol';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { EndlessAnswer } from '@viaduct/testkit/endless-answer';
import { eventually, until } from '@viaduct/testkit/wait';
import type { Feature } from 'geojson';
import { beforeAll, describe, expect, test } from 'vitest';
import { epsg, FeaturesClient, idsOf, pointAt } from '../support/features-client.js';

const SEQUENCE = { accept: 'application/geo+json-seq' };

/** Features at every tenth of a degree along a parallel. */
const FEATURES = Array.from({ length: 30 }, (_, i) => pointAt(`t${i}`, 6 + i / 10, 47, { text: '\u001e\n' }));

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({
    CHANNELS: '*',
    HEARTBEAT_MS: '200',
    JWT_SECRET: SECRET,
    ANONYMOUS_CHANNELS: '*',
  });
  await api.fill('trains', FEATURES);
});

/** The texts of a sequence, by the grammar for parsers in RFC 7464, section 2.1: none may be empty or lack its line feed. */
function textsOf(sequence: string): Feature[] {
  if (sequence === '') return [];
  expect(sequence.startsWith('\x1e')).toBe(true);
  const texts = sequence.split('\x1e').filter((text) => text !== '');
  return texts.map((text) => {
    expect(text).toMatch(/^[^\n]+\n$/u);
    return JSON.parse(text) as Feature;
  });
}

function itemsOf(channel: string, query = ''): string {
  return `/collections/${channel}/items${query}`;
}

/** A live sequence, as it arrives. */
class LiveSequence extends EndlessAnswer {
  constructor(path: string, headers: Record<string, string> = {}) {
    super(api.root + path, { ...SEQUENCE, ...headers });
  }

  /** The texts that have arrived as a whole. */
  get texts(): Feature[] {
    const end = this.text.lastIndexOf('\n') + 1;
    return textsOf(this.text.slice(0, end));
  }

  async hasTexts(count: number): Promise<Feature[]> {
    await until(() => this.texts.length >= count, `${count} texts`, { state: () => this.text });
    return this.texts;
  }
}

describe('a snapshot as a sequence', () => {
  test.each([
    ['', SEQUENCE],
    ['?f=seq', {}],
    ['?bbox=6.45,46,7.95,48', SEQUENCE],
    [`?bbox=46,6.45,48,7.95&bbox-crs=${epsg(4326)}&crs=${epsg(3857)}`, SEQUENCE],
  ])('has the features of the page: %s', async (query, headers) => {
    const answer = await api.ask(itemsOf('trains', query), headers);
    expect(answer.headers.get('content-type')).toBe('application/geo+json-seq');
    const page = await api.items(query.replace('?f=seq', ''));
    expect(page.numberReturned).toBeGreaterThan(10);
    expect(textsOf(await answer.text())).toEqual(page.features);
    const asPage = await api.ask(itemsOf('trains', query.replace('?f=seq', '')));
    expect(answer.headers.get('content-crs')).toBe(asPage.headers.get('content-crs'));
  });

  test('leads to the next one, until every feature has come once', async () => {
    const read: unknown[] = [];
    let next: string | undefined = itemsOf('trains', '?limit=7');
    let pages = 0;
    while (next !== undefined) {
      const answer: Response = await api.ask(next, SEQUENCE);
      read.push(...textsOf(await answer.text()).map(({ id }) => id));
      next = /^<([^>]+)>; rel="next"$/u.exec(answer.headers.get('link') ?? '')?.[1];
      pages++;
    }
    expect(pages).toBe(5);
    expect(read).toEqual(idsOf(await api.items()));
  });

  test('is cached, compressed and refused as a page is', async () => {
    const first = await api.ask(itemsOf('trains'), SEQUENCE);
    const etag = first.headers.get('etag') ?? '';
    expect(first.headers.get('cache-control')).toBe('public, max-age=1');
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(await api.status(itemsOf('trains'), { ...SEQUENCE, 'if-none-match': etag })).toBe(304);
    expect(await api.status(itemsOf('trains'), { 'if-none-match': etag })).toBe(200);
    expect(await api.status(itemsOf('trains'), SEQUENCE, 'HEAD')).toBe(200);
    expect(await api.status('/collections', SEQUENCE)).toBe(406);
    expect(await api.status(itemsOf('trains/t1'), SEQUENCE)).toBe(404);
    expect(await api.status('/collections/trains/items/t1', SEQUENCE)).toBe(406);
    for (const [accept, type] of [
      ['application/geo+json-seq;q=0.5, application/geo+json', 'application/geo+json'],
      ['application/geo+json;q=0.5, application/geo+json-seq', 'application/geo+json-seq'],
      ['*/*', 'application/geo+json'],
    ] as const) {
      expect((await api.ask(itemsOf('trains'), { accept })).headers.get('content-type')).toBe(type);
    }
    const { links } = await api.items();
    expect(links).toContainEqual(
      expect.objectContaining({
        rel: 'alternate',
        type: 'application/geo+json-seq',
        href: expect.stringContaining('f=seq'),
      }),
    );
  });
});

describe('a live sequence', () => {
  test('has the features of the view, and then each change; a feature without a geometry is gone', async () => {
    await api.redis.hset(
      'buses',
      'in',
      JSON.stringify(pointAt('in', 7, 47), null, 2),
      'out',
      JSON.stringify(pointAt('out', 20, 47)),
    );
    const sequence = new LiveSequence(itemsOf('buses', '?live=true&bbox=6,46,8,48'));
    expect(await sequence.hasTexts(1)).toEqual([pointAt('in', 7, 47)]);
    const publish = (message: unknown) => api.redis.publish('buses', JSON.stringify(message));
    await publish(pointAt('in', 7.5, 47));
    await publish('not a feature');
    await publish({ type: 'Point', coordinates: [7, 47] });
    await publish(pointAt('out', 7, 47));
    await publish(pointAt('in', 20, 47));
    const gone = { type: 'Feature', id: 'in', geometry: null, properties: null };
    const expected = [pointAt('in', 7, 47), pointAt('in', 7.5, 47), pointAt('out', 7, 47), gone];
    expect(await sequence.hasTexts(4)).toEqual(expected);
    // A heartbeat is no text.
    const heartbeat = '\n\x1e\x1e';
    await until(() => sequence.text.includes(heartbeat), 'two heartbeats', {
      state: () => sequence.text,
    });
    await publish(pointAt('out', 7, 46.5));
    expect((await sequence.hasTexts(5)).at(-1)).toEqual(pointAt('out', 7, 46.5));
    expect(sequence.head?.headers).toMatchObject({
      'content-type': 'application/geo+json-seq',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
  });

  test('can also be requested with f=seq, begins even if there is nothing to send, and counts as a connection', async () => {
    const sequence = new LiveSequence(itemsOf('none', '?live=true&f=seq'), { accept: '*/*' });
    await until(() => sequence.head !== null, 'the answer');
    const count = async (): Promise<number> =>
      (await api.gateway.scrape()).sum('viaduct_connections', { transport: 'sse' });
    expect(await count()).toBeGreaterThan(0);
    await until(() => sequence.text.length > 1, 'heartbeats');
    expect(sequence.texts).toEqual([]);
    sequence.close();
    await eventually(async () => expect(await count()).toBe(0));
  });

  test('shows nothing outside of the area of its token', async () => {
    const token = await sign({ channels: ['trains'], area: [6.95, 46, 7.25, 48] });
    const sequence = new LiveSequence(itemsOf('trains', '?live=true'), { authorization: `Bearer ${token}` });
    await sequence.hasTexts(3);
    await api.redis.publish('trains', JSON.stringify(pointAt('beyond', 8, 47)));
    await api.redis.publish('trains', JSON.stringify(pointAt('within', 7, 47)));
    const ids = (await sequence.hasTexts(4)).map(({ id }) => id);
    expect(ids.sort()).toEqual(['t10', 't11', 't12', 'within']);
    await api.redis.publish('trains', JSON.stringify({ ...pointAt('within', 0, 0), geometry: null }));
    await sequence.hasTexts(5);
  });

  test.each([
    ['?live=true', {}],
    ['?live=true&f=json', SEQUENCE],
    ['?live=true&limit=3', SEQUENCE],
    ['?live=maybe', SEQUENCE],
  ])('is refused if the request makes no sense: %s', async (query, headers) => {
    const answer = await api.ask(itemsOf('trains', query), headers);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  test('ends when the gateway can no longer report what leaves the view, and when it drains', async () => {
    api = await FeaturesClient.start({ CHANNELS: '*', MAX_LIVE_BYTES: '1MiB' });
    await api.fill('trains', FEATURES.slice(0, 2));
    const sequence = new LiveSequence(itemsOf('trains', '?live=true'));
    await sequence.hasTexts(2);
    const other = new LiveSequence(itemsOf('buses', '?live=true'));
    await until(() => other.head !== null, 'the answer');
    await api.redis.publish(
      'trains',
      JSON.stringify(pointAt('large', 7, 47, { text: 'x'.repeat(1_200_000) })),
    );
    await until(() => sequence.hasEnded, 'the end');
    const labels = { transport: 'sse', code: String(CLOSE_CODES.normal.code) };
    await eventually(async () =>
      expect((await api.gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1),
    );
    expect(other.hasEnded).toBe(false);
    await api.gateway.stop();
    expect(other.hasEnded).toBe(true);
  });
});
