/** The JSON documents of the API, as schemas of OpenAPI 3.0. */

const LINK = {
  type: 'object',
  required: ['href', 'rel', 'type'],
  properties: {
    href: { type: 'string' },
    rel: { type: 'string' },
    type: { type: 'string' },
    title: { type: 'string' },
  },
};

const LINKS = { type: 'array', items: ref('link') };

const URIS = { type: 'array', items: { type: 'string', format: 'uri' } };

const POSITION = { type: 'array', minItems: 2, items: { type: 'number' } };

/** Coordinates as lists of lists of positions. */
function listOf(items: object, depth: number): object {
  return depth === 0 ? items : { type: 'array', items: listOf(items, depth - 1) };
}

function geometry(type: string, depth: number): object {
  return {
    type: 'object',
    required: ['type', 'coordinates'],
    properties: { type: { type: 'string', enum: [type] }, coordinates: listOf(POSITION, depth) },
  };
}

export const SCHEMAS = {
  link: LINK,
  problem: {
    type: 'object',
    description: 'What is wrong, and what is valid (RFC 9457).',
    required: ['title', 'status', 'detail'],
    properties: { title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' } },
  },
  landingPage: {
    type: 'object',
    required: ['title', 'description', 'links'],
    properties: { title: { type: 'string' }, description: { type: 'string' }, links: LINKS },
  },
  conformance: {
    type: 'object',
    required: ['conformsTo'],
    properties: { conformsTo: URIS, links: LINKS },
  },
  collection: {
    type: 'object',
    required: ['id', 'title', 'itemType', 'crs', 'storageCrs', 'links'],
    properties: {
      id: { type: 'string' },
      title: { type: 'string' },
      description: { type: 'string' },
      extent: {
        type: 'object',
        properties: {
          spatial: {
            type: 'object',
            properties: {
              bbox: {
                type: 'array',
                minItems: 1,
                items: { type: 'array', minItems: 4, maxItems: 6, items: { type: 'number' } },
              },
              crs: { type: 'string' },
            },
          },
        },
      },
      itemType: { type: 'string', enum: ['feature'] },
      crs: URIS,
      storageCrs: { type: 'string', format: 'uri' },
      links: LINKS,
    },
  },
  collections: {
    type: 'object',
    required: ['links', 'collections'],
    properties: { links: LINKS, collections: { type: 'array', items: ref('collection') } },
  },
  geometry: {
    oneOf: [
      geometry('Point', 0),
      geometry('MultiPoint', 1),
      geometry('LineString', 1),
      geometry('MultiLineString', 2),
      geometry('Polygon', 2),
      geometry('MultiPolygon', 3),
      {
        type: 'object',
        required: ['type', 'geometries'],
        properties: {
          type: { type: 'string', enum: ['GeometryCollection'] },
          geometries: { type: 'array', items: ref('geometry') },
        },
      },
    ],
  },
  feature: {
    type: 'object',
    description: 'A feature as it was published, with the coordinates of the CRS that was asked for.',
    required: ['type', 'geometry'],
    properties: {
      type: { type: 'string', enum: ['Feature'] },
      id: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      geometry: {
        description: 'Null if the feature has no place in that CRS.',
        nullable: true,
        type: 'object',
        allOf: [ref('geometry')],
      },
      properties: { type: 'object', nullable: true, additionalProperties: true },
      links: LINKS,
    },
  },
  featureCollection: {
    type: 'object',
    required: ['type', 'features', 'links', 'timeStamp', 'numberMatched', 'numberReturned'],
    properties: {
      type: { type: 'string', enum: ['FeatureCollection'] },
      features: { type: 'array', items: ref('feature') },
      links: LINKS,
      timeStamp: { type: 'string', format: 'date-time' },
      numberMatched: { type: 'integer', minimum: 0 },
      numberReturned: { type: 'integer', minimum: 0 },
    },
  },
} as const;

export function ref(schema: string): { $ref: string } {
  return { $ref: `#/components/schemas/${schema}` };
}
