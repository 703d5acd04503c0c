import { DESCRIPTION, TITLE } from './documents.js';
import {
  EVENT_STREAM_TYPE,
  FORMATS,
  GEO_JSON_TYPE,
  HTML_TYPE,
  ITEMS_FORMATS,
  JSON_TYPE,
  OPEN_API_TYPE,
  SEQUENCE_TYPE,
} from './formats.js';
import { MAX_LIMIT, USUAL_LIMIT } from './items-query.js';
import { CRS84 } from './named-crs.js';
import { ref, SCHEMAS } from './schemas.js';

const PROBLEM_TYPE = 'application/problem+json';

/** Statuses of errors, and when an operation has them. */
const PROBLEMS = {
  400: 'A parameter is not known, or its value is not valid.',
  401: 'The credentials are missing or not valid.',
  403: 'Pages of this origin, or this client, may not use the gateway.',
  404: 'It does not exist, or the client may not read it.',
  406: 'The client accepts none of the media types.',
  429: 'The address of the client sends too many requests, or its token or key has reached a limit.',
  500: 'The gateway failed.',
  503: 'The data cannot be read at the moment.',
  507: 'The gateway has not enough memory for the collection.',
} as const;

type ProblemStatus = keyof typeof PROBLEMS;

function format(formats: readonly string[]): object {
  return query('f', 'Format of the answer, in place of the header Accept.', {
    type: 'string',
    enum: [...formats],
  });
}

const CRS = query('crs', 'CRS of the answer: one of those of the collection.', {
  type: 'string',
  format: 'uri',
  default: CRS84,
});

const ITEMS = [
  query(
    'bbox',
    'Only features that touch this box: four numbers, or six with heights, which do not count. Minimum before maximum, in the axis order of bbox-crs.',
    { type: 'array', minItems: 4, maxItems: 6, items: { type: 'number' } },
  ),
  query('bbox-crs', 'CRS of the box: one of those of the collection.', {
    type: 'string',
    format: 'uri',
    default: CRS84,
  }),
  CRS,
  query(
    'datetime',
    'A time or an interval (RFC 3339). Features have no time, so each one selects all of them.',
    {
      type: 'string',
    },
  ),
  query('limit', 'The most features of one page. Pages of large features have fewer.', {
    type: 'integer',
    minimum: 1,
    maximum: MAX_LIMIT,
    default: USUAL_LIMIT,
  }),
  query('cursor', 'Where a page begins: see the link to the next page.', { type: 'string' }),
  query('live', 'Whether a sequence continues with every change. It then has no pages.', {
    type: 'boolean',
    default: false,
  }),
];

function query(name: string, description: string, schema: object): object {
  return { name, in: 'query', required: false, style: 'form', explode: false, description, schema };
}

function pathParameter(name: string, description: string): object {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

const EVENTS =
  'The features in the box and their changes from now on, as Server-Sent Events: reset, enter, update, leave, view, status, end. It has no pages.';

const SEQUENCE =
  'The features of a page as a GeoJSON text sequence (RFC 8142), with the header Link for the next page. With live=true, the features in the box and their changes from now on; a feature without a geometry is no longer in the box.';

interface Operation {
  id: string;
  summary: string;
  tag: string;
  schema: object;
  types?: readonly string[];
  parameters?: readonly object[];
  /** Whether it names something that may not exist. */
  isOfSomething?: boolean;
  headers?: object;
  /** Whether it may also answer with sequences and event streams. */
  isWatched?: boolean;
}

function operation(of: Operation): object {
  const {
    id,
    summary,
    tag,
    schema,
    types = [JSON_TYPE],
    parameters = [],
    isOfSomething = false,
    isWatched = false,
    headers,
  } = of;
  const json = Object.fromEntries(types.map((type) => [type, { schema }]));
  const statuses = (Object.keys(PROBLEMS).map(Number) as ProblemStatus[]).filter(
    (status) => status !== 404 || isOfSomething,
  );
  return {
    get: {
      operationId: id,
      summary,
      tags: [tag],
      parameters: [...parameters, format(isWatched ? ITEMS_FORMATS : FORMATS)],
      responses: {
        200: {
          description: summary,
          ...(headers !== undefined && { headers }),
          content: {
            ...json,
            [HTML_TYPE]: { schema: { type: 'string' } },
            ...(isWatched && {
              [SEQUENCE_TYPE]: { schema: { type: 'string', description: SEQUENCE } },
              [EVENT_STREAM_TYPE]: { schema: { type: 'string', description: EVENTS } },
            }),
          },
        },
        304: { description: 'The client has this answer already (If-None-Match).' },
        ...Object.fromEntries(
          statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]),
        ),
      },
    },
  };
}

const CONTENT_CRS = {
  'Content-Crs': {
    description: 'CRS of the coordinates, in angle brackets.',
    schema: { type: 'string' },
  },
};

const GEO_JSON_TYPES = [GEO_JSON_TYPE, JSON_TYPE];

/**
 * The OpenAPI document of the API.
 *
 * @param root address of the landing page
 * @param version of the gateway
 */
export function openApi(root: string, version: string): object {
  const collection = pathParameter('collectionId', 'name of a channel');
  const feature = pathParameter('featureId', 'id of a feature');
  const responses = Object.entries(PROBLEMS).map(([status, description]) => [
    status,
    { description, content: { [PROBLEM_TYPE]: { schema: ref('problem') } } },
  ]);
  return {
    openapi: '3.0.3',
    info: {
      title: TITLE,
      description: DESCRIPTION,
      version,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: root }],
    tags: [
      { name: 'Capabilities', description: 'what the API is' },
      { name: 'Data', description: 'what the API has' },
    ],
    security: [{}, { bearer: [] }, { token: [] }, { keyHeader: [] }, { key: [] }],
    paths: {
      '/': operation({
        id: 'getLandingPage',
        summary: 'The landing page, with links to everything else',
        tag: 'Capabilities',
        schema: ref('landingPage'),
      }),
      '/conformance': operation({
        id: 'getConformance',
        summary: 'The conformance classes that the API implements',
        tag: 'Capabilities',
        schema: ref('conformance'),
      }),
      '/api': operation({
        id: 'getApi',
        summary: 'This document',
        tag: 'Capabilities',
        schema: { type: 'object' },
        types: [OPEN_API_TYPE, JSON_TYPE],
      }),
      '/collections': operation({
        id: 'getCollections',
        summary: 'The collections that are listed and that the client may read',
        tag: 'Data',
        schema: ref('collections'),
      }),
      '/collections/{collectionId}': operation({
        id: 'getCollection',
        summary: 'One collection: the features of a channel',
        tag: 'Data',
        schema: ref('collection'),
        parameters: [collection],
        isOfSomething: true,
      }),
      '/collections/{collectionId}/items': operation({
        id: 'getFeatures',
        summary: 'The current features of a collection, page by page',
        tag: 'Data',
        schema: ref('featureCollection'),
        types: GEO_JSON_TYPES,
        parameters: [collection, ...ITEMS],
        isOfSomething: true,
        isWatched: true,
        headers: CONTENT_CRS,
      }),
      '/collections/{collectionId}/items/{featureId}': operation({
        id: 'getFeature',
        summary: 'One feature',
        tag: 'Data',
        schema: ref('feature'),
        types: GEO_JSON_TYPES,
        parameters: [collection, feature, CRS],
        isOfSomething: true,
        headers: CONTENT_CRS,
      }),
    },
    components: {
      schemas: SCHEMAS,
      responses: Object.fromEntries(responses),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        token: { type: 'apiKey', in: 'query', name: 'token' },
        keyHeader: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        key: { type: 'apiKey', in: 'query', name: 'key' },
      },
    },
  };
}
