import { createAllowlist } from '../auth/allowlist.js';
import { createOriginCheck } from '../auth/origins.js';
import { decimal, integer, list, text, usable, variable } from './values.js';

const SECOND = 1_000;
const MIB = 1024 * 1024;
const HOUR = 3_600 * SECOND;

/** An address of http or https; empty for none. */
function readUrl(url: string): void {
  if (url === '') return;
  const { protocol, username, password } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new RangeError('it must begin with https:// or http://');
  }
  if (username !== '' || password !== '') throw new RangeError('it must be without user and password');
}

/** The settings that say who may come in and what they may do: rows of the table in `config.ts`. */
export const AUTH_VARIABLES = {
  ALLOWED_ORIGINS: variable(
    '*',
    usable(list, createOriginCheck),
    'Origins of pages that may connect, on both transports, divided by commas: `https://map.example.org`, `https://*.example.org`, `null` for local files, `*` for any. Clients that are no pages are not concerned.',
  ),
  JWT_SECRET: variable(
    '',
    text,
    'Turns on tokens: JWTs signed with HS256 and this secret of at least 32 bytes. At most one of the four `JWT_` settings for keys.',
  ),
  JWT_PUBLIC_KEY: variable(
    '',
    text,
    'Turns on tokens signed with RS256 or ES256, whichever the public key (PEM, `\\n` for ends of lines) is for.',
  ),
  JWT_PUBLIC_KEY_FILE: variable('', text, 'The same, as the path of a PEM file.'),
  JWT_JWKS_URL: variable(
    '',
    usable(text, readUrl),
    'Turns on tokens signed with RS256 or ES256 and a key of the JSON Web Key Set at this address; keys may change at any time.',
  ),
  JWT_JWKS_COOLDOWN_MS: variable(
    '30000',
    integer(0, HOUR),
    'Least time between two reads of the key set that tokens with unknown keys cause.',
  ),
  JWT_JWKS_MAX_AGE_MS: variable(
    '600000',
    integer(SECOND, 24 * HOUR),
    'The key set is read again after so long: how long a key that was withdrawn is still taken, at most.',
  ),
  JWT_ISSUER: variable('', text, 'The `iss` that tokens must have; empty for any.'),
  JWT_AUDIENCE: variable(
    '',
    list,
    'Tokens must have one of these as `aud`, divided by commas; empty for any.',
  ),
  JWT_CLOCK_TOLERANCE_MS: variable(
    '5000',
    integer(0, 600 * SECOND),
    'How far the clocks of gateway and issuer may be apart: a token is taken for so long after its `exp`.',
  ),
  API_KEYS: variable(
    '',
    text,
    'Turns on API keys: a JSON list of their SHA-256 hashes with what each allows; see docs/security.md.',
  ),
  API_KEYS_FILE: variable('', text, 'The same, as the path of a JSON file.'),
  PUBLISH_CHANNELS: variable(
    '',
    usable(list, createAllowlist),
    'Channels to which clients may publish with PUB: names or globs; none where empty. Where tokens or API keys are on, only clients whose `publish` allows it may, and to what it names.',
  ),
  MAX_PUBLISH_BYTES: variable('65536', integer(1, 64 * MIB), 'Longest message that a client may publish.'),
  MAX_PUBLISHES_PER_SECOND: variable(
    '10',
    decimal(0.01, 100_000),
    'Messages that one session may publish per second, and in one burst.',
  ),
  ANONYMOUS_CHANNELS: variable(
    '',
    usable(list, createAllowlist),
    'Where tokens or API keys are on: what clients without either may read of `CHANNELS`; nothing where empty.',
  ),
} as const;
