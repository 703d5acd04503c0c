import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Config, ConfigError } from '../config/config.js';
import { createAllowlist } from './allowlist.js';
import { createKeyCheck, type KeyCheck } from './api-keys.js';
import { authCredentials, type Credentials, handshakeCredentials } from './credentials.js';
import type { Bounds, Grant } from './grant.js';
import { createOriginCheck, type OriginCheck } from './origins.js';
import { AccessRefusal } from './refusal.js';
import {
  createJwtCheck,
  type JwtCheck,
  publicKey,
  remoteKeys,
  sharedSecret,
  type TokenKeys,
} from './tokens.js';

/** Says who may come in, and what they may do then. */
export class Authenticator {
  /** What a client without credentials may do. */
  readonly anonymous: Grant;
  readonly #tokens: JwtCheck | null;
  readonly #keys: KeyCheck | null;
  readonly #isAllowedOrigin: OriginCheck;

  /**
   * @param keySetFailed told why the keys of tokens cannot be read at the moment
   * @throws ConfigError where settings cannot be used, alone or together
   */
  constructor(config: Config, keySetFailed: KeySetFailed) {
    const bounds: Bounds = {
      reads: createAllowlist(config.CHANNELS),
      publishes: createAllowlist(config.PUBLISH_CHANNELS),
    };
    this.#tokens = tokenCheck(config, bounds, keySetFailed);
    this.#keys = keyCheck(config, bounds);
    this.#isAllowedOrigin = createOriginCheck(config.ALLOWED_ORIGINS);
    this.anonymous = anonymousGrant(config, bounds, this.takesCredentials);
  }

  /** Whether tokens or API keys are on. */
  get takesCredentials(): boolean {
    return this.#tokens !== null || this.#keys !== null;
  }

  /** @throws AccessRefusal where pages of that origin may not connect */
  checkOrigin({ headers }: IncomingMessage): void {
    if (this.#isAllowedOrigin(headers.origin)) return;
    throw new AccessRefusal('origin_not_allowed', 'pages of this origin may not connect here');
  }

  /**
   * What the client of a handshake may do. A gateway without tokens and keys does not look at credentials: what comes
   * under their names is the client's own.
   *
   * @throws AccessRefusal where its credentials are not valid
   */
  async handshake(request: IncomingMessage): Promise<Grant> {
    return (await this.#check(handshakeCredentials(request))) ?? this.anonymous;
  }

  /**
   * What a client may do by socket.io's `auth`; null where that has no credentials.
   *
   * @throws AccessRefusal where they are not valid
   */
  auth(auth: unknown): Promise<Grant | null> {
    return this.#check(authCredentials(auth));
  }

  /** @throws AccessRefusal where the token is not valid */
  async token(token: string): Promise<Grant> {
    if (this.#tokens !== null) return this.#tokens(token);
    throw new AccessRefusal('invalid_token', 'this gateway takes no tokens');
  }

  async #check({ token, key }: Credentials): Promise<Grant | null> {
    if (!this.takesCredentials) return null;
    if (token !== null) return this.token(token);
    if (key === null) return null;
    if (this.#keys !== null) return this.#keys(key);
    throw new AccessRefusal('invalid_key', 'this gateway takes no API keys');
  }
}

function anonymousGrant(config: Config, bounds: Bounds, takesCredentials: boolean): Grant {
  const { ANONYMOUS_CHANNELS } = config;
  const expiresAt = Number.POSITIVE_INFINITY;
  if (!takesCredentials) {
    if (ANONYMOUS_CHANNELS.length === 0) return { ...bounds, area: null, expiresAt };
    throw new ConfigError(
      'ANONYMOUS_CHANNELS is for gateways with tokens or API keys; without them everybody reads CHANNELS, so leave it empty',
    );
  }
  const named = createAllowlist(ANONYMOUS_CHANNELS);
  return {
    reads: (name) => bounds.reads(name) && named(name),
    publishes: () => false,
    area: null,
    expiresAt,
  };
}

/** Told why keys cannot be read at the moment. */
type KeySetFailed = (error: unknown) => void;

function tokenCheck(config: Config, bounds: Bounds, failed: KeySetFailed): JwtCheck | null {
  const keys = tokenKeys(config, failed);
  if (keys === null) return null;
  const rules = {
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE,
    clockToleranceMs: config.JWT_CLOCK_TOLERANCE_MS,
  };
  return createJwtCheck(keys, rules, bounds);
}

/** Settings that say where the keys of tokens come from, with how each is used. */
const TOKEN_KEYS = {
  JWT_SECRET: (config: Config) => sharedSecret(config.JWT_SECRET),
  JWT_PUBLIC_KEY: (config: Config) => publicKey(config.JWT_PUBLIC_KEY),
  JWT_PUBLIC_KEY_FILE: (config: Config) => publicKey(readSetting(config, 'JWT_PUBLIC_KEY_FILE')),
  JWT_JWKS_URL: (config: Config, failed: KeySetFailed) => {
    const { JWT_JWKS_COOLDOWN_MS: cooldownMs, JWT_JWKS_MAX_AGE_MS: maxAgeMs } = config;
    return remoteKeys(config.JWT_JWKS_URL, { cooldownMs, maxAgeMs }, failed);
  },
} as const satisfies Partial<Record<keyof Config, (config: Config, failed: KeySetFailed) => TokenKeys>>;

function tokenKeys(config: Config, failed: KeySetFailed): TokenKeys | null {
  const name = onlyOne(config, Object.keys(TOKEN_KEYS) as (keyof typeof TOKEN_KEYS)[]);
  return name === null ? null : usable(name, () => TOKEN_KEYS[name](config, failed));
}

function keyCheck(config: Config, bounds: Bounds): KeyCheck | null {
  const name = onlyOne(config, ['API_KEYS', 'API_KEYS_FILE']);
  if (name === null) return null;
  const json = name === 'API_KEYS' ? config.API_KEYS : readSetting(config, name);
  return usable(name, () => createKeyCheck(json, bounds));
}

/** Which of these settings is made; null for none. */
function onlyOne<Name extends keyof Config>(config: Config, names: readonly Name[]): Name | null {
  const set = names.filter((name) => config[name] !== '');
  if (set.length > 1) throw new ConfigError(`${set.join(' and ')} exclude each other; set one of them`);
  return set[0] ?? null;
}

function readSetting(config: Config, name: 'JWT_PUBLIC_KEY_FILE' | 'API_KEYS_FILE'): string {
  try {
    return readFileSync(config[name], 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is no file';
    throw new ConfigError(
      `${name} ${config[name]} cannot be read (${why}); name a file that the gateway may read`,
    );
  }
}

function usable<T>(name: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${name} ${error instanceof Error ? error.message : String(error)}`);
  }
}
