import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../auth/credentials.js';
import { readQuery as readQueryOf } from '../http/query.js';

/** Longest body of a request, in bytes. */
const MAX_BODY_BYTES = 16 * 1024;

/** Every reason for a refusal of the admin API, with its HTTP status. */
export const ADMIN_ERRORS = {
  invalid_request: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  throttled: 429,
  internal: 500,
  replica_missing: 504,
} as const;

export type AdminErrorCode = keyof typeof ADMIN_ERRORS;

/** The admin API refuses a request. The message says what is wrong and what is valid. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  /** @param headers additional headers of the answer */
  constructor(
    readonly code: AdminErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  get status(): number {
    return ADMIN_ERRORS[this.code];
  }
}

/** Whether an `Authorization` header has the token. Takes the same time wherever the two differ. */
export function createTokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization) => timingSafeEqual(digest(bearerToken(authorization) ?? ''), expected);
}

/** Digests have the same length, so comparing them reveals nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The parameters of a query string.
 *
 * @param known names that the route accepts
 * @throws AdminError for other names and for duplicates
 */
export function readQuery(query: string, known: readonly string[]): ReadonlyMap<string, string> {
  return readQueryOf(
    new URLSearchParams(query),
    known,
    (message) => new AdminError('invalid_request', message),
  );
}

/**
 * The body of a request, as JSON.
 *
 * @throws AdminError if it is too long, incomplete or not JSON
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // The request is not destroyed when reading ends early, because the answer uses the same connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) break;
    }
  } catch {
    throw new AdminError('invalid_request', 'the body of the request is incomplete');
  }
  if (length > MAX_BODY_BYTES) {
    throw new AdminError('too_large', `the body is longer than ${MAX_BODY_BYTES} bytes`, {
      connection: 'close',
    });
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new AdminError('invalid_request', 'the body is not JSON');
  }
}
