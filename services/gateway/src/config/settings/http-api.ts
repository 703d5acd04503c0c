import { z } from 'zod';
import { readCollections } from '../collections.js';
import { setting, text, usable } from '../setting.js';

/** Paths that the gateway uses for something else. */
const TAKEN = /^\/(?:admin|healthz|metrics|readyz|socket\.io)(?:\/|$)/u;

/** A path, or `off`. */
const path = text(
  z.string().refine((value) => value === 'off' || (/^(?:\/[\w.-]+)+$/u.test(value) && !TAKEN.test(value)), {
    error: 'must be off, or a path such as /ogc that the gateway does not use for anything else',
  }),
);

/** The read-only HTTP API. */
export const HTTP_API_SETTINGS = {
  HTTP_API: setting(
    'httpApi.path',
    '/ogc',
    path,
    'Path of the HTTP API, through which clients of OGC API - Features read what `CHANNELS` allows (docs/http-api.md). `off` turns it off.',
  ),
  COLLECTIONS: setting(
    'httpApi.collections',
    '',
    usable(text(), readCollections),
    'Titles, descriptions, extents and further CRSs of channels in the HTTP API: a JSON list, or the path of a file with one (docs/http-api.md). The API lists these channels and those that `CHANNELS` names without a glob.',
  ),
} as const;
