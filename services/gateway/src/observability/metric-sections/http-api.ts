import type { MetricSection } from '../metric-spec.js';

/** What the HTTP API serves. */
export const HTTP_API_RESOURCES = [
  'landing',
  'conformance',
  'api',
  'collections',
  'collection',
  'items',
  'item',
  'unknown',
] as const;

/** Every status with which it answers. */
const HTTP_API_STATUSES = [200, 204, 304, 400, 401, 403, 404, 405, 406, 429, 500, 503] as const;

export const HTTP_API_METRICS = {
  viaduct_http_api_requests_total: {
    type: 'counter',
    unit: 'requests',
    help: 'Requests to the HTTP API, by what they are for and the status of the answer.',
    labels: { resource: HTTP_API_RESOURCES, status: HTTP_API_STATUSES.map(String) },
  },
} as const satisfies MetricSection;
