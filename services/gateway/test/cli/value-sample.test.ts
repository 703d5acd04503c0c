import { expect, test } from 'vitest';
import { sampleOf } from '../../src/cli/value-sample.js';

const DEPTH = 30_000;

test('values that are nested as deeply as JSON allows are examined like others', () => {
  const coordinates = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;
  const collection = '{"type":"GeometryCollection","geometries":[';
  const geometries = [
    `{"type":"Polygon","coordinates":${coordinates}}`,
    `${collection.repeat(DEPTH)}${']}'.repeat(DEPTH)}`,
    '{"type":"Point","coordinates":[47,107]}',
  ];
  const entries = geometries.map((geometry, i) => {
    const value = Buffer.from(`{"type":"Feature","id":${i},"geometry":${geometry},"properties":{}}`);
    return [Buffer.from(String(i)), value] as const;
  });
  const { geo, notDegrees, noId, otherField } = sampleOf(entries, '');
  expect({ geo, notDegrees, noId, otherField }).toEqual({ geo: 3, notDegrees: 1, noId: 0, otherField: 0 });
});
