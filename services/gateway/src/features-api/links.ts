/** A link of a document. */
export interface Link {
  readonly href: string;
  readonly rel: string;
  readonly type: string;
  readonly title?: string;
}

/** Parameters with credentials: a client that has them in its address needs them in the next one, too. */
const CREDENTIALS = ['token', 'key'];

/** The addresses of the API, as one client sees them. */
export class Addresses {
  /** Address of the landing page, without a slash at its end. */
  readonly root: string;
  /** Address of the request. */
  readonly #url: URL;
  /** Query string with the credentials in the request's URL; empty if there are none. */
  readonly #credentials: string;

  /**
   * @param url of the request
   * @param path of the landing page
   */
  constructor(url: URL, path: string) {
    this.root = url.origin + path;
    this.#url = url;
    const credentials = new URLSearchParams();
    for (const name of CREDENTIALS) {
      const value = url.searchParams.get(name);
      if (value !== null) credentials.set(name, value);
    }
    this.#credentials = credentials.size === 0 ? '' : `?${credentials.toString()}`;
  }

  /** The address of something below the landing page. */
  of(...segments: readonly string[]): string {
    return [this.root, ...segments.map(encoded)].join('/') + this.#credentials;
  }

  /** The address of the request, with other parameters; null removes one. */
  own(changes: Readonly<Record<string, string | null>> = {}): string {
    const { href, origin, pathname, searchParams } = this.#url;
    const changed = Object.entries(changes);
    if (changed.length === 0) return href;
    const parameters = new URLSearchParams(searchParams);
    for (const [name, value] of changed) {
      if (value === null) parameters.delete(name);
      else parameters.set(name, value);
    }
    return `${origin}${pathname}${parameters.size === 0 ? '' : `?${parameters.toString()}`}`;
  }
}

const HALF_PAIRS = /\p{Surrogate}/gu;

/** Whether a path can have a segment. Half of a surrogate pair, which JSON text may have, cannot be written as UTF-8. */
export function fitsPath(segment: string): boolean {
  return segment !== '' && segment.search(HALF_PAIRS) < 0;
}

function encoded(segment: string): string {
  return encodeURIComponent(segment.replace(HALF_PAIRS, '\ufffd'));
}

/** The address with which a link asks for a format, whatever the client accepts. */
export function inFormat(address: string, format: 'json' | 'html'): string {
  const url = new URL(address);
  url.searchParams.set('f', format);
  return url.href;
}
