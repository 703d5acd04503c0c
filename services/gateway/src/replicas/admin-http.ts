import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { bearerToken } from '../auth/credentials.js';

/** Longest body of a request, in bytes. */
const MAX_BODY_BYTES = 16 * 1024;

/** Every reason for which the admin API refuses, with its HTTP status. */
export const ADMIN_ERRORS = {
  invalid_request: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  too_large: 413,
  internal: 500,
  replica_missing: 504,
} as const;

export type AdminErrorCode = keyof typeof ADMIN_ERRORS;

/** A request that the admin API refuses. The message says what was wrong and what would be right. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  /** @param headers of the answer, besides the usual */
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

/** Says whether an `Authorization` header carries the token. Takes the same time wherever the two differ. */
export function createTokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization) => timingSafeEqual(digest(bearerToken(authorization) ?? ''), expected);
}

/** Digests have one length, so that comparing them tells nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The parameters of a query string.
 *
 * @param known names that the route takes
 * @throws AdminError for other names and for names that come twice
 */
export function readQuery(query: string, known: readonly string[]): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name)) {
      const there = known.length === 0 ? 'it takes none' : `there are ${known.join(', ')}`;
      throw new AdminError('invalid_request', `there is no parameter "${name.slice(0, 40)}" here; ${there}`);
    }
    if (read.has(name)) throw new AdminError('invalid_request', `${name} is given twice; give it once`);
    read.set(name, value);
  }
  return read;
}

/**
 * The body of a request, as JSON.
 *
 * @throws AdminError where it is too long, breaks off or is no JSON
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Not destroyed where reading ends early, because the answer goes the same way.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) break;
    }
  } catch {
    throw new AdminError('invalid_request', 'the body of the request broke off');
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
