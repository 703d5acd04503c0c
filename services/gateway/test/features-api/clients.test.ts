import { readFileSync } from 'node:fs';
import { FeatureService } from '@ogcapi-js/features';
import { codeBlocks } from '@viaduct/testkit/markdown';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { beforeAll, describe, expect, test } from 'vitest';
import { epsg, FeaturesClient, pointAt } from '../support/features-client.js';

// Clients that others have written.

const CHANNEL = 'demo:trains';

let api: FeaturesClient;

beforeAll(async () => {
  api = await FeaturesClient.start({ CHANNELS: CHANNEL });
  await api.fill(
    CHANNEL,
    Array.from({ length: 250 }, (_, i) => pointAt(`t${i}`, 6 + i / 100, 47)),
  );
});

/** The commands with curl in docs/http-api.md, without what reads their output. */
function documented(): string[] {
  const text = readFileSync(new URL('../../../../docs/http-api.md', import.meta.url), 'utf8');
  const blocks = codeBlocks(text).filter(({ language }) => language === 'sh');
  const lines = blocks.flatMap((block) => block.text.split('\n'));
  return lines.filter((line) => line.startsWith('curl ')).map((line) => line.replace(/ \| .*/u, ''));
}

describe('curl', () => {
  test('has examples in the document', () => {
    expect(documented().length).toBeGreaterThan(4);
  });

  test.each(documented())('prints features or collections: %s', async (line) => {
    const command = line.replaceAll('http://localhost:8080', api.gateway.url);
    const curl = new RunningProgram('sh', ['-c', `exec ${command} -sS --fail`]);
    await curl.prints(/"t\d+"|"demo:trains"/u);
    expect(curl.printed).not.toContain('curl:');
    // The others never end.
    if (!/live=true|event-stream/u.test(line)) expect(await curl.ended).toBe(0);
  });
});

describe('@ogcapi-js/features', () => {
  const service = (): FeatureService => new FeatureService({ baseUrl: api.root });

  test('reads what the API is and has', async () => {
    const { conformsTo } = await service().getConformance();
    expect(conformsTo).toContain('http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core');
    const { collections } = await service().getCollections();
    expect(collections.map(({ id }) => id)).toEqual([CHANNEL]);
    const { storageCrs } = await service().getCollection(CHANNEL);
    expect(storageCrs).toBe('http://www.opengis.net/def/crs/OGC/1.3/CRS84');
  });

  test('reads features in a box and in another CRS, and one of them', async () => {
    const inBox = await service().getFeatures(CHANNEL, { bbox: [6.995, 46, 7.505, 48], limit: 1000 });
    expect(inBox.numberMatched).toBe(51);
    expect(inBox.features.map(({ id }) => id).sort()[0]).toBe('t100');
    const one = await service().getFeature(CHANNEL, 't100', { params: { crs: epsg(3857) } });
    const east = (7 * 20_037_508.342789244) / 180;
    expect(one).toMatchObject({
      id: 't100',
      geometry: { coordinates: [expect.closeTo(east, 2), expect.any(Number)] },
    });
  });
});
