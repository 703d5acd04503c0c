import Negotiator from 'negotiator';
import type { Addresses, Link } from './links.js';
import { badValue, Problem } from './problem.js';

export const JSON_TYPE = 'application/json';
export const GEO_JSON_TYPE = 'application/geo+json';
export const OPEN_API_TYPE = 'application/vnd.oai.openapi+json;version=3.0';
export const HTML_TYPE = 'text/html';

export const EVENT_STREAM_TYPE = 'text/event-stream';

export type Format = 'json' | 'html';

/** What an answer is sent as. */
export interface Representation {
  readonly format: Format;
  readonly type: string;
}

/**
 * Chooses the representation of an answer: that of the parameter `f`, or else the one that the client prefers.
 *
 * @param accept header `Accept`
 * @param jsonTypes media types of its JSON, the usual one first
 * @throws Problem if the client accepts none
 */
export function chooseRepresentation(
  accept: string | undefined,
  wanted: string | undefined,
  jsonTypes: readonly [string, ...string[]],
): Representation {
  const [usual] = jsonTypes;
  if (wanted === 'html') return { format: 'html', type: HTML_TYPE };
  if (wanted === 'json') return { format: 'json', type: usual };
  if (wanted !== undefined) throw badValue('f', 'must be json or html');
  const headers = accept === undefined ? {} : { accept };
  const type = new Negotiator({ headers }).mediaType([...jsonTypes, HTML_TYPE]);
  if (type === undefined)
    throw new Problem(406, `Accept must allow one of ${[...jsonTypes, HTML_TYPE].join(', ')}`);
  return { format: type === HTML_TYPE ? 'html' : 'json', type };
}

/** Whether a client prefers an event stream to all other representations. */
export function wantsEvents(accept: string | undefined): boolean {
  if (accept?.includes(EVENT_STREAM_TYPE) !== true) return false;
  const types = [GEO_JSON_TYPE, JSON_TYPE, OPEN_API_TYPE, HTML_TYPE, EVENT_STREAM_TYPE];
  return new Negotiator({ headers: { accept } }).mediaType(types) === EVENT_STREAM_TYPE;
}

/** The links of every document: to itself, and to its other representation. */
export function ownLinks(addresses: Addresses, { format, type }: Representation, jsonType: string): Link[] {
  const other = format === 'html' ? 'json' : 'html';
  return [
    { href: addresses.own(), rel: 'self', type, title: 'this document' },
    {
      href: addresses.own({ f: other }),
      rel: 'alternate',
      type: other === 'html' ? HTML_TYPE : jsonType,
      title: `this document as ${other === 'html' ? 'HTML' : 'JSON'}`,
    },
  ];
}
