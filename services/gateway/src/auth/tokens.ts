import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { type Bounds, checkCase, type Grant, grantOf, PERMISSIONS, wrongWith } from './grant.js';
import { keySetReader } from './key-set-reader.js';
import { AccessRefusal } from './refusal.js';

/** Resolves with what a token allows, or rejects with an {@link AccessRefusal}. */
export type JwtCheck = (token: string) => Promise<Grant>;

/** The keys that verify tokens. */
export interface TokenKeys {
  /** The only accepted algorithms. */
  readonly algorithms: readonly string[];
  readonly key: JWTVerifyGetKey;
}

export interface TokenRules {
  /** The `iss` that tokens must have; empty for any. */
  issuer: string;
  /** Tokens must have one of these as `aud`; empty for any. */
  audience: readonly string[];
  /** Allowed difference between clocks, in milliseconds. */
  clockToleranceMs: number;
  /** Whether tokens must have an `exp`. */
  requiresExpiry: boolean;
}

/** Claims that decide what a session may do, and for how long. */
const CLAIMS = ['area', 'aud', 'channels', 'exp', 'iss', 'limits', 'nbf', 'publish'];

/** The latest time that JavaScript has, in seconds since the epoch. */
const LATEST_SECONDS = 8.64e12;

/** Minimum length of a secret in bytes (RFC 7518 section 3.2: the length of the hash). */
const MIN_SECRET_BYTES = 32;

/** Minimum length of an RSA key in bits (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2048;

/** Longest wait for the key server, in ms. */
const JWKS_TIMEOUT_MS = 5_000;

/**
 * HS256 with a secret.
 *
 * @throws RangeError if it is too short to be safe
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
 * RS256 or ES256, depending on the key.
 *
 * @param pem the public key; `\n` may stand for line breaks
 * @throws RangeError if it is not a key for either
 */
export function publicKey(pem: string): TokenKeys {
  const key = readPublicKey(pem.replaceAll('\\n', '\n'));
  return { algorithms: [algorithmOf(key)], key: async () => key };
}

function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) {
    throw new RangeError('must be only the public key; a private key does not belong on a gateway');
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
 * @param times cooldownMs: minimum time between two reads because of tokens with unknown keys, and longest wait after
 *   failed reads; maxAgeMs: the keys are
 *   read again after this time
 * @param failed called with the reason if the set cannot be read
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
    [customFetch]: keySetReader(times.cooldownMs),
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

/** Whether the key set was read and had no key for the token. */
function isAboutToken(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** Makes a check of tokens (RFC 7519) that are signed with one of the keys. */
export function createJwtCheck(keys: TokenKeys, rules: TokenRules, bounds: Bounds): JwtCheck {
  const options = {
    algorithms: [...keys.algorithms],
    clockTolerance: rules.clockToleranceMs / 1000,
    requiredClaims: rules.requiresExpiry ? ['exp'] : [],
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
  checkClaims(payload);
  const permissions = PERMISSIONS.safeParse(payload);
  if (!permissions.success) {
    throw new AccessRefusal('invalid_token', `claims of the token: ${wrongWith(permissions.error)}`);
  }
  // The token is accepted for this long after its end, so the session lasts as long.
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

/** Refuses claims that are meant as a limit, but would be ignored or mean no limit. */
function checkClaims(payload: JWTPayload): void {
  try {
    checkCase(payload, CLAIMS);
  } catch (error) {
    throw new AccessRefusal(
      'invalid_token',
      `claims of the token: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (payload.exp === undefined || payload.exp <= LATEST_SECONDS) return;
  throw new AccessRefusal(
    'invalid_token',
    'claims of the token: exp: must be a time in seconds since 1970; leave it out for no end',
  );
}

/** The message for the client. It reveals nothing about the token or about what the gateway would accept. */
function refusalOf(error: unknown): AccessRefusal {
  if (error instanceof AccessRefusal) return error;
  if (error instanceof errors.JWTExpired) {
    return new AccessRefusal('token_expired', 'the token has expired; get a new one');
  }
  return new AccessRefusal('invalid_token', whatIsWrong(error));
}

function whatIsWrong(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `the claim "${error.claim}" of the token is missing, or not valid for this gateway or at this time`;
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'the gateway does not accept the algorithm of the token';
  if (error instanceof errors.JWSSignatureVerificationFailed || isAboutToken(error)) {
    return 'the signature of the token does not match a key of this gateway';
  }
  return 'the token is not readable; a signed JWT has three parts, separated by dots';
}
