import type { Feature } from 'geojson';
import { sequenceText } from '../transports/sse/sequence.js';
import type { Answer } from './answer.js';
import type { Collection } from './collections.js';
import { documentAnswer } from './document-answer.js';
import type { Linked } from './documents.js';
import { HTML_TYPE, JSON_TYPE, SEQUENCE_TYPE } from './formats.js';
import { idText } from './html.js';
import { DATA_PAGE, HTML_PAGE, Items, type ItemsServices, type WrittenPage } from './items.js';
import { cursorAfter, readCrs, readItemsQuery } from './items-query.js';
import { keepUntilSent } from './keep-until-sent.js';
import { type Addresses, fitsPath, type Link } from './links.js';
import { mapOf } from './map.js';
import type { NamedCrs } from './named-crs.js';
import { badValue, Problem } from './problem.js';
import type { AdmittedRequest } from './route.js';

const COMMA = 0x2c;

/** A page of features that is to be sent. */
interface SentPage {
  readonly written: WrittenPage;
  readonly collection: Collection;
  readonly crs: NamedCrs;
  readonly links: readonly Link[];
}

/** Answers with features: pages of a collection, and single ones. */
export class FeatureAnswers {
  readonly #items: Items;

  constructor(services: ItemsServices) {
    this.#items = new Items(services);
  }

  /** @throws Problem, SourceError or CommandError if there is no such page */
  async page(request: AdmittedRequest, collection: Collection): Promise<Answer> {
    const query = readItemsQuery(request.parameters, collection.crss);
    if (query.isLive) throw badValue('live', `is for GET with Accept: ${SEQUENCE_TYPE}`);
    const { format } = request.representation;
    const limits = format === 'html' ? HTML_PAGE : DATA_PAGE;
    const { value: written, reservation } = await this.#items.page(
      collection.id,
      query,
      request.caller,
      limits,
    );
    keepUntilSent(reservation, request.caller.reader, request.context.env);
    const next = written.last === null ? [] : [nextPage(request, written.last)];
    const links = [...request.own, ...next, linkTo(collection, request.addresses)];
    const page: SentPage = { written, collection, crs: query.crs, links };
    if (format === 'html') return pageForPeople(request, page);
    return format === 'seq' ? sequence(request, page, next) : featureCollection(request, page);
  }

  /** @throws Problem, SourceError or CommandError if there is no such feature */
  async one(request: AdmittedRequest, collection: Collection): Promise<Answer> {
    const { id, title = id, crss } = collection;
    const crs = readCrs(request.parameters, 'crs', crss);
    const featureId = request.context.req.param('featureId') ?? '';
    const links = [...request.own, linkTo(collection, request.addresses)];
    const { format, type } = request.representation;
    const isHtml = format === 'html';
    const text = await this.#items.one(
      id,
      featureId,
      crs,
      isHtml ? '' : JSON.stringify(links),
      request.caller,
    );
    if (text === null) throw new Problem(404, `${id} has no such feature`);
    if (!isHtml) return { type, body: text, isPublic: request.isPublic, headers: contentCrs(crs) };
    const feature = JSON.parse(text) as Feature;
    const picture = isDrawn(text) ? mapOf([{ feature, href: request.addresses.own() }], crs) : '';
    const document = { ...feature, links };
    return inCrs(crs, await documentAnswer(request, `${title}: ${featureId}`, document, { picture }));
  }
}

/** The header that names the CRS of an answer: OGC API - Features, Part 2. */
function contentCrs({ uri }: NamedCrs): Record<string, string> {
  return { 'content-crs': `<${uri}>` };
}

function inCrs(crs: NamedCrs, answer: Answer): Answer {
  return { ...answer, headers: { ...contentCrs(crs), ...answer.headers } };
}

function nextPage({ addresses, representation }: AdmittedRequest, last: string): Link {
  const href = addresses.own({ cursor: cursorAfter(last) });
  return { href, rel: 'next', type: representation.type, title: 'next page' };
}

function linkTo({ id, title = id }: Collection, addresses: Addresses): Link {
  return { href: addresses.of('collections', id), rel: 'collection', type: JSON_TYPE, title };
}

function featureCollection(
  { representation, isPublic }: AdmittedRequest,
  { written: { features, bytes, matched }, crs, links }: SentPage,
): Answer {
  const begin = '{"type":"FeatureCollection","features":[';
  const end = `],"links":${JSON.stringify(links)},"numberMatched":${matched},"numberReturned":${features.length}`;
  const fleeting = `,"timeStamp":"${new Date().toISOString()}"}`;
  const separators = Math.max(0, features.length - 1);
  // Not as one string, which would have to be copied: such copies are most of the garbage that a request leaves.
  const body = Buffer.allocUnsafe(
    begin.length + bytes + separators + Buffer.byteLength(end) + fleeting.length,
  );
  let at = body.write(begin);
  for (const text of features) {
    at += body.write(text, at);
    // The end overwrites the comma after the last feature.
    body[at++] = COMMA;
  }
  if (features.length > 0) at--;
  at += body.write(end, at);
  body.write(fleeting, at);
  const { type } = representation;
  return { type, body, fleeting: fleeting.length, isPublic, headers: contentCrs(crs) };
}

/** A sequence has no member for links, so the link to the next page is a header. */
function sequence(
  { representation, isPublic }: AdmittedRequest,
  { written: { features }, crs }: SentPage,
  next: readonly Link[],
): Answer {
  const link = Object.fromEntries(next.map(({ href, rel }) => ['link', `<${href}>; rel="${rel}"`]));
  const headers = { ...contentCrs(crs), ...link };
  return { type: representation.type, body: features.map(sequenceText).join(''), isPublic, headers };
}

async function pageForPeople(
  request: AdmittedRequest,
  { written, collection, crs, links }: SentPage,
): Promise<Answer> {
  const { features, matched } = written;
  const { id, title = id } = collection;
  const listed = features.map((text) => linked(JSON.parse(text) as Feature, request.addresses, id));
  const drawn = listed.filter((_, i) => isDrawn(features[i] ?? ''));
  const shown = drawn.map((feature) => ({ feature, href: feature.links[0]?.href ?? null }));
  const numbers = { numberMatched: matched, numberReturned: features.length };
  const document = { ...numbers, features: listed, links };
  const parts = { picture: mapOf(shown, crs), list: 'features' } as const;
  return inCrs(crs, await documentAnswer(request, title, document, parts));
}

/** Whether a feature is small enough for a picture, which is made in one turn of the event loop. */
function isDrawn(text: string): boolean {
  return text.length <= HTML_PAGE.maxLength;
}

/** A feature of a page for people, with the address of its own page if it has one. */
function linked(feature: Feature, addresses: Addresses, collection: string): Feature & Linked {
  const id = idText(feature.id);
  if (!fitsPath(id)) return { ...feature, links: [] };
  const href = addresses.of('collections', collection, 'items', id);
  return { ...feature, links: [{ href, rel: 'self', type: HTML_TYPE }] };
}
