import { createPublicKey, type KeyObject } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Bounds, type Grant, grantOf, PERMISSIONS, wrongWith } from './grant.js';
import { AccessRefusal } from './refusal.js';

/** Resolves with what a token allows, or rejects with {@link AccessRefusal}. */
export type JwtCheck = (token: string) => Promise<Grant>;

/** Where the keys come from that tokens are checked with. */
export interface TokenKeys {
  /** The only algorithms that are taken. */
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey;
}

export interface TokenRules {
  /** The `iss` that tokens must have; empty for any. */
  issuer: string;
  /** Of these, tokens must have one as `aud`; empty for any. */
  audience: readonly string[];
  /** How far clocks may be apart: milliseconds. */
  clockToleranceMs: number;
}

/** Fewest bytes of a secret (RFC 7518 section 3.2: as many as the hash has). */
const MIN_SECRET_BYTES = 32;

/** Fewest bits of an RSA key (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048;

/** Longest wait for the key server, in ms. */
const JWKS_TIMEOUT_MS = 5_000;

/**
 * HS256 with a secret.
 *
 * @throws RangeError where it is too short to be safe
 */
export function sharedSecret(secret: string): TokenKeys {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES) {
    throw new RangeError(
      `must have at least ${MIN_SECRET_BYTES} bytes; "openssl rand -base64 48" makes a good one`,
    );
  }
  return { algorithms: ['HS256'], key: async () => bytes };
}

/**
 * RS256 or ES256, as the key is.
 *
 * @param pem the public key; `\n` may stand for the ends of lines
 * @throws RangeError where it is no key for either
 */
export function publicKey(pem: string): TokenKeys {
  const key = readPublicKey(pem.replaceAll('\\n', '\n'));
  return { algorithms: [algorithmOf(key)], key: async () => key };
}

function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new RangeError('must be the public key alone; a private key does not belong on a gateway');
  }
  try {
    return createPublicKey(pem);
  } catch {
    throw new RangeError('must be a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----');
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): 'RS256' | 'ES256' {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'rsa' && modulusLength >= MIN_RSA_BITS) return 'RS256';
  if (asymmetricKeyType === 'ec' && namedCurve === 'prime256v1') return 'ES256';
  throw new RangeError(`must be an RSA key of at least ${MIN_RSA_BITS} bits, or one of the curve P-256`);
}

/**
 * RS256 and ES256 with the keys of a JSON Web Key Set, which may change at any time.
 *
 * @param times cooldownMs: least time between two reads that tokens with unknown keys cause; maxAgeMs: longest that
 *   keys are used without being read again
 * @param failed told why the set cannot be read
 */
export function remoteKeys(
  url: string,
  times: { cooldownMs: number; maxAgeMs: number },
  failed: (error: unknown) => void,
): TokenKeys {
  const keySet = createRemoteJWKSet(new URL(url), {
    cooldownDuration: times.cooldownMs,
    cacheMaxAge: times.maxAgeMs,
    timeoutDuration: JWKS_TIMEOUT_MS,
  });
  const key: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keySet(header, token);
    } catch (error) {
      if (isAboutToken(error)) throw error;
      failed(error);
      throw new AccessRefusal(
        'keys_unavailable',
        'the token cannot be checked at the moment; try again later',
      );
    }
  };
  return { algorithms: ['RS256', 'ES256'], key };
}

/** Whether the key set was there, and had no key for the token. */
function isAboutToken(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** A check of tokens (RFC 7519) that are signed with one of the keys. */
export function createJwtCheck(keys: TokenKeys, rules: TokenRules, bounds: Bounds): JwtCheck {
  const options = {
    algorithms: [...keys.algorithms],
    clockTolerance: rules.clockToleranceMs / 1000,
    ...(rules.issuer !== '' && { issuer: rules.issuer }),
    ...(rules.audience.length > 0 && { audience: [...rules.audience] }),
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, keys.key, options).catch((error: unknown) => {
      throw refusalOf(error);
    });
    return grantOfClaims(payload, rules, bounds);
  };
}

function grantOfClaims(payload: JWTPayload, { clockToleranceMs }: TokenRules, bounds: Bounds): Grant {
  const permissions = PERMISSIONS.safeParse(payload);
  if (!permissions.success) {
    throw new AccessRefusal('invalid_token', `claims of the token: ${wrongWith(permissions.error)}`);
  }
  // It was taken for so long after its end, and so the session lasts as long.
  const expiresAt =
    payload.exp === undefined ? Number.POSITIVE_INFINITY : payload.exp * 1000 + clockToleranceMs;
  try {
    return grantOf(permissions.data, bounds, { claims: payload, keyName: null }, expiresAt);
  } catch (error) {
    throw new AccessRefusal(
      'invalid_token',
      `claims of the token: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What the client is told: never a word of the token, nor of what the gateway would take instead. */
function refusalOf(error: unknown): AccessRefusal {
  if (error instanceof AccessRefusal) return error;
  if (error instanceof errors.JWTExpired) {
    return new AccessRefusal('token_expired', 'the token has expired; get a new one');
  }
  return new AccessRefusal('invalid_token', whatIsWrong(error));
}

function whatIsWrong(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the claim "${error.claim}" of the token is missing, or not for this gateway or this time`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is signed in a way that is not taken here';
  if (error instanceof errors.JWSSignatureVerificationFailed || isAboutToken(error)) {
    return 'the signature of the token is not by a key that is known here';
  }
  return 'it is not a token that can be read; a signed JWT has three parts, divided by dots';
}
