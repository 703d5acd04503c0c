import type { HttpBindings } from '@hono/node-server';
import type { Feature } from 'geojson';
import type { Context } from 'hono';
import type { Authenticator } from '../auth/authenticator.js';
import { packageVersion } from '../config/version.js';
import type { HTTP_API_RESOURCES } from '../observability/metric-table.js';
import { type Room, Use } from '../state/read-room.js';
import { sequenceText } from '../transports/sse/sequence.js';
import type { Caller } from './access.js';
import type { Answer } from './answer.js';
import { apiPage, type DescribedApi } from './api-page.js';
import type { Collection, Collections } from './collections.js';
import {
  collectionPage,
  collectionsPage,
  conformancePage,
  type Linked,
  landingPage,
  TITLE,
} from './documents.js';
import {
  FORMATS,
  type Format,
  GEO_JSON_TYPE,
  HTML_TYPE,
  ITEMS_FORMATS,
  JSON_TYPE,
  OPEN_API_TYPE,
  type Representation,
  SEQUENCE_TYPE,
  type StreamType,
} from './formats.js';
import { HTML_HEADERS, htmlPage, idText } from './html.js';
import { DATA_PAGE, HTML_PAGE, Items, type ItemsParts } from './items.js';
import { cursorAfter, ITEM_PARAMETERS, ITEMS_PARAMETERS, readCrs, readItemsQuery } from './items-query.js';
import type { Addresses, Link } from './links.js';
import { mapOf } from './map.js';
import type { NamedCrs } from './named-crs.js';
import { openApi } from './open-api.js';
import { badValue, Problem } from './problem.js';

type Resource = (typeof HTTP_API_RESOURCES)[number];

export interface Environment {
  Bindings: HttpBindings;
  Variables: { caller: Caller; stream: StreamType | null; resource: Resource };
}

export type Request = Context<Environment>;

/** A request that may be answered. */
export interface Ask {
  readonly context: Request;
  readonly caller: Caller;
  readonly addresses: Addresses;
  readonly parameters: ReadonlyMap<string, string>;
  readonly representation: Representation;
  /** Links of the answer to itself and to its other format. */
  readonly own: readonly Link[];
}

/** What a resource of the API accepts, and how it answers. */
export interface Route {
  readonly resource: Exclude<Resource, 'unknown'>;
  /** Below that of the API. */
  readonly path: string;
  readonly parameters: readonly string[];
  /** Media types of its JSON, the usual one first. */
  readonly types: readonly [string, ...string[]];
  /** What the parameter `f` may be. */
  readonly formats: readonly Format[];
  /** @throws Problem, SourceError or CommandError if the request cannot be answered */
  answer(ask: Ask): Promise<Answer>;
}

export interface ResourcesParts extends ItemsParts {
  readonly authenticator: Authenticator;
}

/** What the API has, and how it is written. */
export class Resources {
  readonly routes: readonly Route[];
  readonly #authenticator: Authenticator;
  readonly #collections: Collections;
  readonly #items: Items;

  constructor(collections: Collections, parts: ResourcesParts) {
    this.#authenticator = parts.authenticator;
    this.#collections = collections;
    this.#items = new Items(parts);
    this.routes = this.#routes();
  }

  #routes(): readonly Route[] {
    const plain = { parameters: [], types: [JSON_TYPE], formats: FORMATS } as const;
    const geo = [GEO_JSON_TYPE, JSON_TYPE] as const;
    const collection = '/collections/:collectionId';
    return [
      {
        ...plain,
        resource: 'landing',
        path: '',
        answer: (ask) => this.#document(ask, TITLE, landingPage(ask.addresses, ask.own)),
      },
      {
        ...plain,
        resource: 'conformance',
        path: '/conformance',
        answer: (ask) => this.#document(ask, 'Conformance', conformancePage(ask.own)),
      },
      {
        ...plain,
        resource: 'api',
        path: '/api',
        types: [OPEN_API_TYPE, JSON_TYPE],
        answer: (ask) => this.#apiDocument(ask),
      },
      {
        ...plain,
        resource: 'collections',
        path: '/collections',
        answer: (ask) => {
          const collections = this.#collections.listFor(ask.caller.grant);
          const document = collectionsPage(ask.addresses, collections, ask.own);
          return this.#document(ask, 'Collections', document, '', 'collections');
        },
      },
      {
        ...plain,
        resource: 'collection',
        path: collection,
        answer: (ask) => {
          const document = collectionPage(ask.addresses, this.collection(ask.context), ask.own);
          return this.#document(ask, document.title, document);
        },
      },
      {
        resource: 'items',
        path: `${collection}/items`,
        parameters: ITEMS_PARAMETERS,
        types: geo,
        formats: ITEMS_FORMATS,
        answer: (ask) => this.#page(ask),
      },
      {
        resource: 'item',
        path: `${collection}/items/:featureId`,
        parameters: ITEM_PARAMETERS,
        types: geo,
        formats: FORMATS,
        answer: (ask) => this.#feature(ask),
      },
    ];
  }

  /** An answer without features. */
  async #document(
    ask: Ask,
    title: string,
    document: object & Linked,
    picture: ReturnType<typeof mapOf> = '',
    listed: string | null = null,
  ): Promise<Answer> {
    const isPublic = this.#authenticator.isForAnybody(ask.caller.grant);
    return { ...(await written(ask.representation, title, document, picture, listed)), isPublic };
  }

  #apiDocument(ask: Ask): Promise<Answer> {
    const document = openApi(ask.addresses.root, packageVersion());
    if (ask.representation.format === 'html')
      return this.#document(ask, `${TITLE}: API`, { links: ask.own }, apiPage(document as DescribedApi));
    const isPublic = this.#authenticator.isForAnybody(ask.caller.grant);
    return Promise.resolve({ type: ask.representation.type, body: JSON.stringify(document), isPublic });
  }

  async #page(ask: Ask): Promise<Answer> {
    const { id, title = id, crss } = this.collection(ask.context);
    const query = readItemsQuery(ask.parameters, crss);
    if (query.isLive) throw badValue('live', `is for GET with Accept: ${SEQUENCE_TYPE}`);
    const isHtml = ask.representation.format === 'html';
    const { value, room } = await this.#items.page(id, query, ask.caller, isHtml ? HTML_PAGE : DATA_PAGE);
    keepUntilSent(room, ask);
    const { features, last, matched } = value;
    const next: Link[] =
      last === null
        ? []
        : [
            {
              href: ask.addresses.own({ cursor: cursorAfter(last) }),
              rel: 'next',
              type: ask.representation.type,
              title: 'next page',
            },
          ];
    const collection: Link = {
      href: ask.addresses.of('collections', id),
      rel: 'collection',
      type: JSON_TYPE,
      title,
    };
    const links = [...ask.own, ...next, collection];
    const numbers = { numberMatched: matched, numberReturned: features.length };
    if (isHtml) {
      const listed = features.map((text) => linked(JSON.parse(text) as Feature, ask.addresses, id));
      const drawn = listed.filter((_, i) => isDrawn(features[i] ?? ''));
      const shown = drawn.map((feature) => ({ feature, href: feature.links[0]?.href ?? '' }));
      const document = { ...numbers, features: listed, links };
      return this.#withCrs(
        query.crs,
        await this.#document(ask, title, document, mapOf(shown, query.crs), 'features'),
      );
    }
    const isPublic = this.#authenticator.isForAnybody(ask.caller.grant);
    if (ask.representation.format === 'seq') {
      const headers = Object.fromEntries(next.map(({ href, rel }) => ['link', `<${href}>; rel="${rel}"`]));
      const body = features.map(sequenceText).join('');
      return this.#withCrs(query.crs, { type: ask.representation.type, body, isPublic, headers });
    }
    return this.#withCrs(query.crs, {
      type: ask.representation.type,
      body: `{"type":"FeatureCollection","features":[${features.join(',')}],"links":${JSON.stringify(links)},"numberMatched":${matched},"numberReturned":${features.length}`,
      fleeting: `,"timeStamp":"${new Date().toISOString()}"}`,
      isPublic,
    });
  }

  async #feature(ask: Ask): Promise<Answer> {
    const { id, title = id, crss } = this.collection(ask.context);
    const crs = readCrs(ask.parameters, 'crs', crss);
    const featureId = ask.context.req.param('featureId') ?? '';
    const links: Link[] = [
      ...ask.own,
      { href: ask.addresses.of('collections', id), rel: 'collection', type: JSON_TYPE, title },
    ];
    const isHtml = ask.representation.format === 'html';
    const text = await this.#items.one(id, featureId, crs, isHtml ? '' : JSON.stringify(links), ask.caller);
    if (text === null) throw new Problem(404, `${id} has no such feature`);
    if (isHtml) {
      const feature = JSON.parse(text) as Feature;
      const picture = isDrawn(text) ? mapOf([{ feature, href: ask.addresses.own() }], crs) : '';
      return this.#withCrs(
        crs,
        await this.#document(ask, `${title}: ${featureId}`, { ...feature, links }, picture),
      );
    }
    const isPublic = this.#authenticator.isForAnybody(ask.caller.grant);
    return this.#withCrs(crs, { type: ask.representation.type, body: text, isPublic });
  }

  #withCrs({ uri }: NamedCrs, answer: Answer): Answer {
    return { ...answer, headers: { ...answer.headers, 'content-crs': `<${uri}>` } };
  }

  /**
   * The collection that a request names.
   *
   * @throws Problem if the client may not read it
   */
  collection(context: Request): Collection {
    const caller = context.get('caller');
    const id = context.req.param('collectionId') ?? '';
    const collection = this.#collections.find(id, caller.grant);
    if (collection !== null) return collection;
    const authenticator = this.#authenticator;
    if (authenticator.takesCredentials && caller.grant === authenticator.anonymous) {
      throw new Problem(401, 'this needs a token or an API key', { 'www-authenticate': 'Bearer' });
    }
    throw new Problem(404, `"${id.slice(0, 100)}" is not readable here; ask the operator to allow it`);
  }
}

async function written(
  { format, type }: Representation,
  title: string,
  document: object & Linked,
  picture: ReturnType<typeof mapOf>,
  listed: string | null,
): Promise<Omit<Answer, 'isPublic'>> {
  if (format === 'json') return { type, body: JSON.stringify(document) };
  return {
    type: `${HTML_TYPE}; charset=utf-8`,
    body: await htmlPage(title, document, picture, listed),
    headers: HTML_HEADERS,
  };
}

/** Whether a feature is small enough for a picture, which is made in one turn of the event loop. */
function isDrawn(text: string): boolean {
  return text.length <= HTML_PAGE.maxLength;
}

/** A feature of a page for people, with the address of its own page. */
function linked(feature: Feature, addresses: Addresses, collection: string): Feature & Linked {
  const id = idText(feature.id);
  const address = id === '' ? addresses.own() : addresses.of('collections', collection, 'items', id);
  return { ...feature, links: [{ href: address, rel: 'self', type: HTML_TYPE }] };
}

/** Counts an answer as memory for reads until the client has it, and ends the connection if others need it first. */
function keepUntilSent(room: Room, { context, caller }: Ask): void {
  const { incoming, outgoing } = context.env;
  const use = new Use(caller.reader);
  room.uses.add(use);
  const { socket } = incoming;
  if (socket.destroyed || outgoing.destroyed) {
    room.release();
    return;
  }
  void use.during(
    new Promise((resolve) => {
      const ended = (): void => {
        outgoing.off('close', ended);
        socket.off('close', ended);
        room.release();
        resolve();
      };
      outgoing.once('close', ended);
      // An answer that waits behind another one does not report its end with the connection's.
      socket.once('close', ended);
    }),
  );
}
