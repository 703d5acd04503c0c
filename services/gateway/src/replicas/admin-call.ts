import type { IncomingMessage } from 'node:http';
import { AdminError } from './admin-http.js';
import type { Answers, Replicas } from './replicas.js';

/** One request to the admin API. */
export interface AdminCall {
  peers: Replicas;
  request: IncomingMessage;
  /** The part of the path after the route's own; empty if there is none. */
  rest: string;
  /** The query string, without its question mark. */
  query: string;
}

/** The answer of a route: an object for JSON. */
export interface AdminAnswer {
  /** True if it covers all replicas. */
  complete: boolean;
  /** Ids of running replicas that it does not cover. */
  missing: string[];
  [member: string]: unknown;
}

/** Default and maximum number of rows in a list. */
export interface RowLimit {
  readonly usual: number;
  readonly most: number;
}

/** @throws AdminError if the parameter `limit` is not a valid number */
export function readLimit(parameters: ReadonlyMap<string, string>, { usual, most }: RowLimit): number {
  const text = parameters.get('limit');
  if (text === undefined) return usual;
  if (/^\d{1,9}$/u.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
  throw new AdminError('invalid_request', `limit must be a whole number from 1 to ${most}`);
}

export function completeness({
  complete,
  missing,
}: Answers<unknown>): Pick<AdminAnswer, 'complete' | 'missing'> {
  return { complete, missing: missing.map(({ id }) => id) };
}

export function inOrder<T>(byId: ReadonlyMap<string, T>): [string, T][] {
  return [...byId].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
