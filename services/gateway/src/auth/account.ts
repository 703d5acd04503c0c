import { z } from 'zod';

/** A limit that an account does not have. */
const NONE = Number.POSITIVE_INFINITY;

const COUNT = countFrom(1);

/** The lowest rate in bytes per second: below it, a single message would take many seconds. */
const MIN_BYTES_PER_SECOND = 1024;

/** What all sessions of one account may use together, on one gateway. */
export const ACCOUNT_LIMITS = z
  .object({
    /** Open at the same time. */
    connections: COUNT.default(NONE),
    /** For all sessions together. */
    subscriptions: COUNT.default(NONE),
    /** For all messages to them, and answers of the HTTP API. */
    bytesPerSecond: countFrom(MIN_BYTES_PER_SECOND).default(NONE),
  })
  .strict();

export type AccountLimits = z.output<typeof ACCOUNT_LIMITS>;

/** The sessions that count together, those of API keys with one name or of tokens with one subject, and their limits. */
export interface AccountTerms {
  /** Different for every account. */
  readonly id: string;
  /** The `name` of the API keys; null for tokens. */
  readonly keyName: string | null;
  readonly limits: AccountLimits;
}

/**
 * The account of a client with limits.
 *
 * @param client its claims, and the `name` of its API key
 * @throws RangeError if nothing names it
 */
export function accountTerms(
  { keyName, claims }: { claims: Readonly<Record<string, unknown>> | null; keyName: string | null },
  limits: AccountLimits,
): AccountTerms {
  if (keyName !== null && keyName !== '') return { id: `key ${keyName}`, keyName, limits };
  const subject = claims?.sub;
  if (keyName === null && typeof subject === 'string' && subject !== '') {
    return { id: `token ${subject}`, keyName: null, limits };
  }
  throw new RangeError('limits need to say whose they are: give the key a "name", or the token a "sub"');
}

function countFrom(least: number) {
  const error = `must be a whole number of at least ${least}; leave it out for no limit`;
  return z.number({ error }).refine((value) => Number.isSafeInteger(value) && value >= least, { error });
}
