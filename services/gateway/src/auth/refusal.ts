import type { CloseReason } from '@viaduct/protocol';

/**
 * Every reason for which a client is not let in: the status of a refused handshake, and the reason to close where the
 * handshake has succeeded before; null where there is none.
 */
export const ACCESS_REFUSALS = {
  origin_not_allowed: { status: 403, close: null },
  invalid_token: { status: 401, close: 'invalid_token' },
  invalid_key: { status: 401, close: 'invalid_token' },
  token_expired: { status: 401, close: 'token_expired' },
  keys_unavailable: { status: 503, close: null },
  refused: { status: 403, close: null },
  hook_failed: { status: 503, close: null },
} as const satisfies Record<string, { status: 401 | 403 | 503; close: CloseReason | null }>;

export type AccessRefusalReason = keyof typeof ACCESS_REFUSALS;

/** A client that is not let in. The message is fit for it, and repeats nothing of what it gave. */
export class AccessRefusal extends Error {
  override readonly name = 'AccessRefusal';

  constructor(
    readonly reason: AccessRefusalReason,
    message: string,
  ) {
    super(message);
  }

  /** HTTP status of a handshake that is refused. */
  get status(): 401 | 403 | 503 {
    return ACCESS_REFUSALS[this.reason].status;
  }

  get close(): CloseReason | null {
    return ACCESS_REFUSALS[this.reason].close;
  }
}
