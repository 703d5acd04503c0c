import type { Authenticator } from '../auth/authenticator.js';
import { notReadable } from '../auth/session-access.js';
import { packageVersion } from '../config/version.js';
import type { Answer } from './answer.js';
import { apiPage, type DescribedApi } from './api-page.js';
import type { Collection, Collections } from './collections.js';
import { documentAnswer, jsonAnswer } from './document-answer.js';
import { collectionPage, collectionsPage, conformancePage, landingPage, TITLE } from './documents.js';
import { FeatureAnswers } from './feature-answers.js';
import { FORMATS, GEO_JSON_TYPE, ITEMS_FORMATS, JSON_TYPE, OPEN_API_TYPE } from './formats.js';
import type { ItemsServices } from './items.js';
import { ITEM_PARAMETERS, ITEMS_PARAMETERS } from './items-query.js';
import { openApi } from './open-api.js';
import { Problem } from './problem.js';
import type { AdmittedRequest, Request, Route } from './route.js';

export interface ResourcesServices extends ItemsServices {
  readonly authenticator: Authenticator;
}

/** The resources of the API, and which part answers for each. */
export class Resources {
  readonly routes: readonly Route[];
  readonly #authenticator: Authenticator;
  readonly #collections: Collections;

  constructor(collections: Collections, services: ResourcesServices) {
    this.#authenticator = services.authenticator;
    this.#collections = collections;
    this.routes = this.#routes(new FeatureAnswers(services));
  }

  #routes(features: FeatureAnswers): readonly Route[] {
    const plain = { parameters: [], types: [JSON_TYPE], formats: FORMATS } as const;
    const geo = [GEO_JSON_TYPE, JSON_TYPE] as const;
    const collection = '/collections/:collectionId';
    return [
      {
        ...plain,
        resource: 'landing',
        path: '',
        answer: (request) => documentAnswer(request, TITLE, landingPage(request.addresses, request.own)),
      },
      {
        ...plain,
        resource: 'conformance',
        path: '/conformance',
        answer: (request) => documentAnswer(request, 'Conformance', conformancePage(request.own)),
      },
      {
        ...plain,
        resource: 'api',
        path: '/api',
        types: [OPEN_API_TYPE, JSON_TYPE],
        answer: apiDocument,
      },
      {
        ...plain,
        resource: 'collections',
        path: '/collections',
        answer: (request) => {
          const collections = this.#collections.listFor(request.caller.grant);
          const document = collectionsPage(request.addresses, collections, request.own);
          return documentAnswer(request, 'Collections', document, { list: 'collections' });
        },
      },
      {
        ...plain,
        resource: 'collection',
        path: collection,
        answer: async (request) => {
          const document = collectionPage(request.addresses, this.collection(request.context), request.own);
          return documentAnswer(request, document.title, document);
        },
      },
      {
        resource: 'items',
        path: `${collection}/items`,
        parameters: ITEMS_PARAMETERS,
        types: geo,
        formats: ITEMS_FORMATS,
        answer: async (request) => features.page(request, this.collection(request.context)),
      },
      {
        resource: 'item',
        path: `${collection}/items/:featureId`,
        parameters: ITEM_PARAMETERS,
        types: geo,
        formats: FORMATS,
        answer: async (request) => features.one(request, this.collection(request.context)),
      },
    ];
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
    throw new Problem(404, notReadable(id));
  }
}

/** The description of the API. Its page for people shows the operations instead of the members of the document. */
async function apiDocument(request: AdmittedRequest): Promise<Answer> {
  const document = openApi(request.addresses.root, packageVersion());
  if (request.representation.format !== 'html') return jsonAnswer(request, document);
  const picture = apiPage(document as DescribedApi);
  return documentAnswer(request, `${TITLE}: API`, { links: request.own }, { picture });
}
