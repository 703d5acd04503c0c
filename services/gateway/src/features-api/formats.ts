import type { Addresses, Link } from './links.js';
import { negotiator } from './negotiation.js';
import { badValue, Problem } from './problem.js';

export const JSON_TYPE = 'application/json';
export const GEO_JSON_TYPE = 'application/geo+json';
export const OPEN_API_TYPE = 'application/vnd.oai.openapi+json;version=3.0';
export const HTML_TYPE = 'text/html';

export const SEQUENCE_TYPE = 'application/geo+json-seq';
export const EVENT_STREAM_TYPE = 'text/event-stream';

/** Values of the parameter `f`. */
export const FORMATS = ['json', 'html'] as const;
/** The same for items. */
export const ITEMS_FORMATS = [...FORMATS, 'seq'] as const;

export type Format = (typeof ITEMS_FORMATS)[number];

/** The representation in which an answer is sent. */
export interface Representation {
  readonly format: Format;
  readonly type: string;
}

/**
 * Chooses the representation of an answer: that of the parameter `f`, or else the one that the client prefers.
 *
 * @param accept header `Accept`
 * @param jsonTypes media types of its JSON, the usual one first
 * @param formats names of its formats
 * @throws Problem if the client accepts none
 */
export function chooseRepresentation(
  accept: string | undefined,
  wanted: string | undefined,
  jsonTypes: readonly [string, ...string[]],
  formats: readonly Format[],
): Representation {
  if (wanted !== undefined) {
    const format = formats.find((name) => name === wanted);
    if (format === undefined) throw badValue('f', `must be one of ${formats.join(', ')}`);
    return { format, type: typeOf(format, jsonTypes[0]) };
  }
  const others = formats.filter((format) => format !== 'json').map((format) => typeOf(format, jsonTypes[0]));
  const type = preferredOf(accept, [...jsonTypes, ...others]);
  if (type === undefined)
    throw new Problem(406, `Accept must allow one of ${[...jsonTypes, ...others].join(', ')}`);
  return { format: formats.find((format) => typeOf(format, '') === type) ?? 'json', type };
}

/** The media type that a client prefers; undefined if it accepts none of them. */
function preferredOf(accept: string | undefined, types: readonly string[]): string | undefined {
  // Most programs ask for one type, which takes no negotiation.
  if (accept !== undefined && types.includes(accept)) return accept;
  return negotiator('accept', accept).mediaType([...types]);
}

function typeOf(format: Format, jsonType: string): string {
  return format === 'html' ? HTML_TYPE : format === 'seq' ? SEQUENCE_TYPE : jsonType;
}

/** The media type of an endless answer. */
export type StreamType = typeof EVENT_STREAM_TYPE | typeof SEQUENCE_TYPE;

const OF_ITEMS = [GEO_JSON_TYPE, JSON_TYPE, OPEN_API_TYPE, HTML_TYPE, SEQUENCE_TYPE, EVENT_STREAM_TYPE];

/** The type of the endless answer that a client asks for; null if it asks for another one. */
export function wantedStream(accept: string | undefined, query: URLSearchParams): StreamType | null {
  const isLive = query.get('live') === 'true';
  if (isLive && query.get('f') === 'seq') return SEQUENCE_TYPE;
  const preferred = accept === undefined ? null : preferredOf(accept, OF_ITEMS);
  if (preferred === EVENT_STREAM_TYPE) return EVENT_STREAM_TYPE;
  return isLive && preferred === SEQUENCE_TYPE && !query.has('f') ? SEQUENCE_TYPE : null;
}

/** Names of the formats, for people. */
const TITLES: Readonly<Record<Format, string>> = {
  json: 'JSON',
  html: 'HTML',
  seq: 'a sequence of features',
};

/** The links of every document: to itself, and to its other representations. */
export function ownLinks(
  addresses: Addresses,
  { format, type }: Representation,
  jsonType: string,
  formats: readonly Format[],
): Link[] {
  const others = formats.filter((other) => other !== format);
  return [
    { href: addresses.own(), rel: 'self', type, title: 'this document' },
    ...others.map((other) => ({
      href: addresses.own({ f: other }),
      rel: 'alternate',
      type: typeOf(other, jsonType),
      title: `this document as ${TITLES[other]}`,
    })),
  ];
}
