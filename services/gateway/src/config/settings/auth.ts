import { createOriginCheck } from '../../auth/origins.js';
import { integer, list, onOff, secret, setting, text, usable } from '../setting.js';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** An http or https address without credentials; empty for none. */
function readUrl(url: string): void {
  if (url === '') return;
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new RangeError('it must begin with https:// or http://');
  }
  if (username !== '' || password !== '') throw new RangeError('it must not contain a user or password');
}

/** Who may connect: origins, tokens and API keys. */
export const AUTH_SETTINGS = {
  ALLOWED_ORIGINS: setting(
    'auth.allowedOrigins',
    '*',
    usable(list, createOriginCheck),
    'Origins of pages that may connect, on any transport, or use the HTTP API, separated by commas: `https://map.example.org`, `https://*.example.org`, `null` for local files, `*` for any. Clients outside a browser send no origin and are not affected.',
  ),
  JWT_SECRET: secret(
    setting(
      'auth.jwtSecret',
      '',
      text(),
      'Turns on tokens: JWTs signed with HS256 and this secret of at least 32 bytes. Set at most one of `JWT_SECRET`, `JWT_PUBLIC_KEY`, `JWT_PUBLIC_KEY_FILE` and `JWT_JWKS_URL`.',
    ),
  ),
  JWT_PUBLIC_KEY: setting(
    'auth.jwtPublicKey',
    '',
    text(),
    'Turns on tokens signed with RS256 or ES256, depending on the type of this public key (PEM, with `\\n` for line breaks).',
  ),
  JWT_PUBLIC_KEY_FILE: setting(
    'auth.jwtPublicKeyFile',
    '',
    text(),
    'Path of a PEM file to use as `JWT_PUBLIC_KEY`.',
  ),
  JWT_JWKS_URL: setting(
    'auth.jwtJwksUrl',
    '',
    usable(text(), readUrl),
    'Turns on tokens signed with RS256 or ES256 and a key from the JSON Web Key Set at this address. The keys may change at any time.',
  ),
  JWT_JWKS_COOLDOWN_MS: setting(
    'auth.jwtJwksCooldownMs',
    '30000',
    integer(0, HOUR),
    'Minimum time between two reads of the key set that are caused by tokens with unknown keys, and longest wait after reads that failed: it begins at one second, and doubles.',
  ),
  JWT_JWKS_MAX_AGE_MS: setting(
    'auth.jwtJwksMaxAgeMs',
    '600000',
    integer(SECOND, 24 * HOUR),
    'The key set is read again after this time. A withdrawn key is accepted for at most this long.',
  ),
  JWT_ISSUER: setting('auth.jwtIssuer', '', text(), 'The `iss` that tokens must have. Empty for any.'),
  JWT_AUDIENCE: setting(
    'auth.jwtAudience',
    '',
    list,
    'Tokens must have one of these as `aud`. Separated by commas; empty for any.',
  ),
  JWT_CLOCK_TOLERANCE_MS: setting(
    'auth.jwtClockToleranceMs',
    '5000',
    integer(0, 600 * SECOND),
    'Allowed difference between the clocks of gateway and issuer: a token is accepted for this long after its `exp`.',
  ),
  JWT_REQUIRE_EXP: setting(
    'auth.jwtRequireExp',
    'off',
    onOff,
    '`on` refuses tokens without `exp`, so that every session ends with its token.',
  ),
  API_KEYS: setting(
    'auth.apiKeys',
    '',
    text(),
    'Turns on API keys: a JSON list of their SHA-256 hashes, with what each key allows and its limits (see docs/security.md).',
  ),
  API_KEYS_FILE: setting('auth.apiKeysFile', '', text(), 'Path of a JSON file to use as `API_KEYS`.'),
  AREA_STRICT: setting(
    'auth.areaStrict',
    'on',
    onOff,
    'What sessions with an area receive of messages and hash values that are not GeoJSON, such as lists of features or text: nothing (`on`), or all of it (`off`).',
  ),
} as const;
