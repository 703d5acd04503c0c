import { envelope } from '../example.js';
import { defineSpec } from '../syntax.js';
import { GET } from './get.js';

export const PGET = defineSpec({
  name: 'PGET',
  summary: 'Like GET, in a projection of its own.',
  arguments: {
    ...GET.arguments,
    projection: {
      type: 'text',
      doc: 'a CRS such as `epsg:2056`; by default features are sent as they are stored, in EPSG:4326',
    },
  },
  answer: 'As for GET.',
  errors: [
    'not_allowed',
    'wrong_type',
    'snapshot_too_big',
    'overloaded',
    'source_unavailable',
    'unknown_crs',
    'unsupported_crs',
  ],
  example: [
    {
      send: 'PGET trains 18 abc epsg:2056',
      receive: [
        envelope(
          'trains 18',
          {
            type: 'Feature',
            id: 18,
            properties: {},
            geometry: { type: 'Point', coordinates: [2683170.681, 1248268.456] },
          },
          { reference: 'abc' },
        ),
      ],
    },
  ],
});
