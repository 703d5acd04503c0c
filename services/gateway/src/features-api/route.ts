import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { HTTP_API_RESOURCES } from '../observability/metric-sections/http-api.js';
import type { Caller } from './access.js';
import type { Answer } from './answer.js';
import type { Format, Representation, StreamType } from './formats.js';
import type { Addresses, Link } from './links.js';

type Resource = (typeof HTTP_API_RESOURCES)[number];

export interface Environment {
  Bindings: HttpBindings;
  Variables: { caller: Caller; stream: StreamType | null; resource: Resource; url: URL };
}

export type Request = Context<Environment>;

/** A request that may be answered. */
export interface AdmittedRequest {
  readonly context: Request;
  readonly caller: Caller;
  /** Whether anybody may read the answer. */
  readonly isPublic: boolean;
  readonly addresses: Addresses;
  readonly parameters: ReadonlyMap<string, string>;
  readonly representation: Representation;
  /** Links of the answer to itself and to its other formats. */
  readonly own: readonly Link[];
}

/** What a resource of the API accepts, and how it answers. */
export interface Route {
  readonly resource: Exclude<Resource, 'unknown'>;
  /** Path below that of the API. */
  readonly path: string;
  readonly parameters: readonly string[];
  /** Media types of its JSON, the usual one first. */
  readonly types: readonly [string, ...string[]];
  /** What the parameter `f` may be. */
  readonly formats: readonly Format[];
  /** @throws Problem, SourceError or CommandError if the request cannot be answered */
  answer(request: AdmittedRequest): Promise<Answer>;
}
