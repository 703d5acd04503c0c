import { Area, type AreaOptions } from '@viaduct/geo-worker';
import { z } from 'zod';
import { ACCOUNT_LIMITS, type AccountTerms, accountTerms } from './account.js';
import { type Allowlist, createAllowlist } from './allowlist.js';

/** Who a client is, by its credentials. */
export interface Identity {
  /** The claims of its token, or what `authenticate` gave; null if it has neither. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** The `name` of its API key; null if it has none. */
  readonly keyName: string | null;
}

/** A client without credentials. */
export const ANONYMOUS: Identity = Object.freeze({ claims: null, keyName: null });

/** What one session may do, and who it is. */
export interface Grant {
  readonly identity: Identity;
  /** Channels and keys that it may read. */
  readonly reads: Allowlist;
  /** Channels to which it may publish. */
  readonly publishes: Allowlist;
  /** The client sees only this part of the world; null for no limit. */
  readonly area: Area | null;
  /** The account whose limits it shares with other sessions; null for none. */
  readonly account: AccountTerms | null;
  /** When it expires, in milliseconds since the epoch; infinite if it does not. */
  readonly expiresAt: number;
}

/** The outer limits: what this gateway serves to anybody. */
export interface Bounds {
  readonly reads: Allowlist;
  readonly publishes: Allowlist;
  /** What sessions with an area receive of messages that are not GeoJSON. */
  readonly areas: AreaOptions;
}

/** What tokens and keys have in common. */
export const PERMISSIONS = z.object({
  channels: z.array(z.string().min(1)).default([]),
  publish: z.array(z.string().min(1)).default([]),
  /** As {@link Area.of} accepts it; omitted for no limit. Null may stand for one that could not be found. */
  area: z
    .unknown()
    .optional()
    .refine((area) => area !== null, { error: 'must be an area; leave it out for no limit' }),
  /** What the sessions of the key or token may use together; omitted for no limits. */
  limits: ACCOUNT_LIMITS.optional(),
});

export type Permissions = z.output<typeof PERMISSIONS>;

/**
 * A grant within the outer limits.
 *
 * @throws RangeError if a glob or the area is invalid, or if nothing says whose the limits are
 */
export function grantOf(
  { channels, publish, area, limits }: Permissions,
  bounds: Bounds,
  identity: Identity,
  expiresAt = Number.POSITIVE_INFINITY,
): Grant {
  return {
    identity,
    reads: within(bounds.reads, createAllowlist(channels)),
    publishes: within(bounds.publishes, createAllowlist(publish)),
    area: area === undefined ? null : Area.of(area, bounds.areas),
    account: limits === undefined ? null : accountTerms(identity, limits),
    expiresAt,
  };
}

function within(outer: Allowlist, inner: Allowlist): Allowlist {
  return (name) => outer(name) && inner(name);
}

/**
 * Checks that the members with these names are not written in another case: they would be ignored, and an area that is
 * ignored shows everything.
 *
 * @throws RangeError
 */
export function checkCase(value: object, names: readonly string[]): void {
  for (const member of Object.keys(value)) {
    const name = member.toLowerCase();
    if (member !== name && names.includes(name))
      throw new RangeError(`"${member}" must be written "${name}"`);
  }
}

/** What is wrong with permissions. Repeats nothing of them but the name of a member. */
export function wrongWith(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ');
}
