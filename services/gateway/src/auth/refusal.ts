import type { CloseReason } from '@viaduct/protocol';

/**
 * Every reason to refuse a client: the status of a refused handshake, and the close reason after a successful
 * handshake; null if there is none.
 */
export const ACCESS_REFUSALS = {
  origin_not_allowed: { status: 403, close: null },
  invalid_token: { status: 401, close: 'invalid_token' },
  invalid_key: { status: 401, close: 'invalid_token' },
  token_expired: { status: 401, close: 'token_expired' },
  account_full: { status: 429, close: 'account_full' },
  account_throttled: { status: 429, close: null },
  keys_unavailable: { status: 503, close: null },
  refused: { status: 403, close: null },
  hook_failed: { status: 503, close: null },
  failed: { status: 500, close: null },
} as const satisfies Record<string, { status: 401 | 403 | 429 | 500 | 503; close: CloseReason | null }>;

export type AccessRefusalReason = keyof typeof ACCESS_REFUSALS;

/** A client is refused. The message is for the client, and repeats nothing of what it sent. */
export class AccessRefusal extends Error {
  override readonly name = 'AccessRefusal';

  constructor(
    readonly reason: AccessRefusalReason,
    message: string,
  ) {
    super(message);
  }

  /** HTTP status of the refused handshake. */
  get status(): 401 | 403 | 429 | 500 | 503 {
    return ACCESS_REFUSALS[this.reason].status;
  }

  get close(): CloseReason | null {
    return ACCESS_REFUSALS[this.reason].close;
  }
}
