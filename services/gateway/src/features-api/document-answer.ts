import type { Answer } from './answer.js';
import type { Linked } from './documents.js';
import { HTML_TYPE } from './formats.js';
import { HTML_HEADERS, htmlPage, type PageParts } from './html.js';
import type { AdmittedRequest } from './route.js';

/** Answers with a document as JSON, of the media type that the client wants. */
export function jsonAnswer({ representation, isPublic }: AdmittedRequest, document: object): Answer {
  return { type: representation.type, body: JSON.stringify(document), isPublic };
}

/** Answers with a document: as JSON, or as a page for people with a title and more parts. */
export async function documentAnswer(
  request: AdmittedRequest,
  title: string,
  document: object & Linked,
  parts?: PageParts,
): Promise<Answer> {
  if (request.representation.format !== 'html') return jsonAnswer(request, document);
  return {
    type: `${HTML_TYPE}; charset=utf-8`,
    body: await htmlPage(title, document, parts),
    headers: HTML_HEADERS,
    isPublic: request.isPublic,
  };
}
