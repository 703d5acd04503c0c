import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { AccountTerms } from './account.js';
import { type Bounds, type Grant, grantOf, PERMISSIONS, wrongWith } from './grant.js';
import { AccessRefusal } from './refusal.js';

/** The API keys of a gateway. */
export interface KeyCheck {
  /** Returns what a key allows, or throws an {@link AccessRefusal}. */
  check(key: string): Grant;
  /** The accounts of keys with limits, one for each name. */
  readonly accounts: readonly AccountTerms[];
}

const KEY = PERMISSIONS.extend({
  name: z.string().max(100).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/iu, {
    error: 'must be the SHA-256 hash of a key, 64 hexadecimal digits',
  }),
}).strict();

const KEYS = z.array(KEY).min(1).max(10_000);

interface KnownKey {
  readonly digest: Buffer;
  readonly grant: Grant;
}

/**
 * Makes a check from the operator's list, JSON text: `[{ "name", "sha256", "channels", "publish", "area", "limits" }, ...]`.
 *
 * @throws RangeError that says what is wrong with the list, and how to fix it
 */
export function createKeyCheck(json: string, bounds: Bounds): KeyCheck {
  const listed = readKeys(json);
  checkSameLimits(listed);
  const keys = listed.map(({ sha256, name = null, ...permissions }, i): KnownKey => {
    try {
      return {
        digest: Buffer.from(sha256, 'hex'),
        grant: grantOf(permissions, bounds, { claims: null, keyName: name }),
      };
    } catch (error) {
      throw new RangeError(`key ${i}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const accounts = new Map(
    keys.flatMap(({ grant: { account } }) => (account === null ? [] : [[account.id, account]])),
  );
  const check = (key: string): Grant => {
    const digest = createHash('sha256').update(key).digest();
    let found: KnownKey | null = null;
    // Compares with all of them, so that the time does not reveal which one it was.
    for (const known of keys) if (timingSafeEqual(known.digest, digest)) found = known;
    if (found === null) throw new AccessRefusal('invalid_key', 'this gateway does not know the API key');
    return found.grant;
  };
  return { check, accounts: [...accounts.values()] };
}

/** Sessions of keys with one name count together, so their limits must be the same. */
function checkSameLimits(keys: z.output<typeof KEYS>): void {
  const byName = new Map<string, string | undefined>();
  for (const { name, limits } of keys) {
    if (name === undefined) continue;
    const text = JSON.stringify(limits);
    if (byName.has(name) && byName.get(name) !== text) {
      throw new RangeError(
        `keys with the name "${name}" have different limits; give them the same, or other names`,
      );
    }
    byName.set(name, text);
  }
}

function readKeys(json: string): z.output<typeof KEYS> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new RangeError(
      'must be JSON: a list of keys such as [{"sha256": "...", "channels": ["trains"]}]; docs/security.md says how',
    );
  }
  const keys = KEYS.safeParse(value);
  if (keys.success) return keys.data;
  throw new RangeError(`must be a list of keys, as in docs/security.md: ${wrongWith(keys.error)}`);
}
