import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

export const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Headers of answers that pages of other origins may read. */
const EXPOSED = ['Content-Crs', 'ETag', 'Link', 'Retry-After'];

/** How long browsers remember which requests pages of other origins may send, in seconds. */
const PREFLIGHT_SECONDS = 600;

/** Sets the headers that let pages of other origins read answers. */
export class CrossOrigin {
  /** Answers a browser's preflight request, which asks whether a page may send a request. */
  readonly preflight: MiddlewareHandler;
  /** Whether answers are different for pages of different origins. */
  readonly varies: boolean;
  readonly #allows: (origin: string) => boolean;

  /** @param allows whether pages of an origin may read answers; null for those of any origin */
  constructor(allows: ((origin: string) => boolean) | null) {
    this.varies = allows !== null;
    this.#allows = allows ?? (() => true);
    this.preflight = cors({
      origin: allows === null ? '*' : (origin) => (allows(origin) ? origin : null),
      allowMethods: METHODS,
      allowHeaders: ['Authorization', 'X-API-Key', 'If-None-Match', 'Last-Event-ID'],
      exposeHeaders: EXPOSED,
      maxAge: PREFLIGHT_SECONDS,
    });
  }

  /**
   * Headers of an answer. Hono would set them on a `Response`, but most answers are sent without one.
   *
   * @param origin of the page; empty for other clients
   */
  headersFor(origin: string): Record<string, string> {
    const exposed = { 'access-control-expose-headers': EXPOSED.join(',') };
    const allowed = this.varies ? origin : '*';
    return allowed !== '' && this.#allows(origin)
      ? { 'access-control-allow-origin': allowed, ...exposed }
      : exposed;
  }
}
