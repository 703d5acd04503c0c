import { createHash } from 'node:crypto';
import { jsonOr } from '@viaduct/protocol';
import { html, raw } from 'hono/html';
import type { Link } from './links.js';

const STYLE = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
dt{font-weight:600}dd{margin:0 0 .5rem}pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}
table{border-collapse:collapse;margin-bottom:1rem}th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}th{white-space:nowrap}
figure{margin:0 0 1rem}svg{max-width:45rem;border:1px solid GrayText}figcaption{font-size:.85rem}
.area{fill:#2a6fdb;fill-opacity:.3;fill-rule:evenodd}.area,.line{stroke:#2a6fdb;stroke-width:2}.line{fill:none}
.point{stroke:#2a6fdb;stroke-width:8;stroke-linecap:round}`;

/** A page loads nothing, runs nothing and is in no frame, and its address, which may have credentials, is sent to nobody. */
export const HTML_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
};

/** Names of link relations, for people. */
const RELATIONS: Readonly<Record<string, string>> = {
  alternate: 'Other format',
  collection: 'Collection',
  conformance: 'Conformance',
  data: 'Collections',
  items: 'Features',
  next: 'Next page',
  'service-desc': 'OpenAPI definition',
  'service-doc': 'Documentation',
};

/** Parts of a page besides the members of its document. */
export interface PageParts {
  /** Comes before them: a picture of the features, or the operations of the API. */
  readonly picture?: ReturnType<typeof html> | '';
  /** The only member that is shown as a list of documents with links. Publishers may write others that look like one. */
  readonly list?: string;
}

/** A document for people: its members, and its links. */
export async function htmlPage(
  title: string,
  document: object & { links: readonly Link[] },
  { picture = '', list }: PageParts = {},
): Promise<string> {
  const { links, ...members } = document;
  const others = links.filter(({ rel }) => rel !== 'self');
  const page = await html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${raw(STYLE)}</style></head>
<body><main>
<h1>${title}</h1>
${picture}
<dl>${Object.entries(members).map(([name, value]) => html`<dt>${name}</dt><dd>${name === list ? table(value as LinkedList) : shown(value)}</dd>`)}</dl>
<ul>${others.map(({ href, rel, title: text, type }) => html`<li><a href="${href}" rel="${rel}" type="${type}">${RELATIONS[rel] ?? rel}</a>: ${text ?? type}</li>`)}</ul>
</main></body>
</html>
`;
  return String(page);
}

/** Values with more levels are shown on one line. GeoJSON needs half of them. */
const MAX_INDENTED = 10;

/** Shown instead of a value that cannot be written. */
const TOO_DEEP = '(nested too deeply to be shown)';

type LinkedList = readonly { id?: unknown; links: readonly Link[] }[];

/** An id for people; empty if there is none, or if it is not a valid one. */
export function idText(id: unknown): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}

function shown(value: unknown): ReturnType<typeof html> | string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  // Indentation grows with the square of the depth: it can turn a few kilobytes into megabytes.
  return html`<pre>${jsonOr(TOO_DEEP, value, isShallow(value, MAX_INDENTED) ? 2 : 0)}</pre>`;
}

/** Whether a value has at most this number of levels. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

function table(list: LinkedList): ReturnType<typeof html> {
  return html`<table>${list.map(({ links: [own], ...members }) => {
    const id = idText(members.id);
    const name = own === undefined ? id : html`<a href="${own.href}">${id}</a>`;
    return html`<tr><th>${name}</th><td><pre>${jsonOr(TOO_DEEP, members)}</pre></td></tr>`;
  })}</table>`;
}
