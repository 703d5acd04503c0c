import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Config, ConfigError } from '../config/config.js';
import type { AccountTerms } from './account.js';
import { createAllowlist } from './allowlist.js';
import { createKeyCheck, type KeyCheck } from './api-keys.js';
import { authCredentials, type Credentials, handshakeCredentials } from './credentials.js';
import { ANONYMOUS, type Bounds, type Grant } from './grant.js';
import type { Handshake, HookRunner } from './hooks.js';
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

/** Decides who may connect, and what clients may do. */
export class Authenticator {
  /** What a client without credentials may do. */
  readonly anonymous: Grant;
  readonly #tokens: JwtCheck | null;
  readonly #keys: KeyCheck | null;
  readonly #isAllowedOrigin: OriginCheck;
  readonly #bounds: Bounds;
  readonly #hooks: HookRunner;

  /**
   * @param hooks what the embedding program decides
   * @param keySetFailed called with the reason if the keys of tokens cannot be read
   * @throws ConfigError if settings are invalid, alone or together
   */
  constructor(config: Config, hooks: HookRunner, keySetFailed: KeySetFailed) {
    this.#hooks = hooks;
    const bounds: Bounds = {
      reads: createAllowlist(config.channels),
      publishes: createAllowlist(config.publishChannels),
      areas: { strict: config.auth.areaStrict },
    };
    this.#bounds = bounds;
    this.#tokens = tokenCheck(config, bounds, keySetFailed);
    this.#keys = keyCheck(config, bounds);
    this.#isAllowedOrigin = createOriginCheck(config.auth.allowedOrigins);
    this.anonymous = anonymousGrant(config, bounds, this.takesCredentials);
  }

  /** Whether clients need credentials: tokens, API keys or `authenticate` are on. */
  get takesCredentials(): boolean {
    return this.#tokens !== null || this.#keys !== null || this.#hooks.authenticates;
  }

  /** The accounts of API keys with limits. */
  get keyAccounts(): readonly AccountTerms[] {
    return this.#keys?.accounts ?? [];
  }

  /** Whether everybody has this grant: the one of clients without credentials, if no program decides about clients. */
  isForAnybody(grant: Grant): boolean {
    return grant === this.anonymous && !this.#hooks.admits;
  }

  /** Whether pages of an origin may connect; undefined stands for a client that is not a page. */
  allowsOrigin(origin: string | undefined): boolean {
    return this.#isAllowedOrigin(origin);
  }

  /** @throws AccessRefusal if pages of that origin may not connect */
  checkOrigin({ headers }: IncomingMessage): void {
    if (this.allowsOrigin(headers.origin)) return;
    throw new AccessRefusal('origin_not_allowed', 'pages of this origin may not connect here');
  }

  /**
   * What the client of a handshake may do if there is nothing to check: it has no credentials, or the gateway ignores them,
   * and no program decides. Null if something must be checked.
   */
  grantAtOnce(request: IncomingMessage): Grant | null {
    if (this.#hooks.admits) return null;
    if (this.#tokens === null && this.#keys === null) return this.anonymous;
    const { token, key } = handshakeCredentials(request);
    return token === null && key === null ? this.anonymous : null;
  }

  /**
   * What the client of a handshake may do. A gateway without tokens and keys ignores credentials, because the names
   * may mean something else to the client.
   *
   * @throws AccessRefusal if its credentials are invalid
   */
  async handshake(request: IncomingMessage): Promise<Grant> {
    return (await this.#check(handshakeCredentials(request))) ?? this.anonymous;
  }

  /**
   * What a client may do by socket.io's `auth`; null if that has no credentials.
   *
   * @throws AccessRefusal if they are invalid
   */
  auth(auth: unknown): Promise<Grant | null> {
    return this.#check(authCredentials(auth));
  }

  /**
   * What a client may do if the embedding program agrees.
   *
   * @param byCredentials what its token or key allows
   * @throws AccessRefusal if the program refuses it
   */
  admit(handshake: Handshake, byCredentials: Grant): Promise<Grant> {
    return this.#hooks.admit(handshake, byCredentials, this.#bounds);
  }

  /** @throws AccessRefusal if the token is invalid */
  async token(token: string): Promise<Grant> {
    if (this.#tokens !== null) return this.#tokens(token);
    throw new AccessRefusal('invalid_token', 'this gateway does not accept tokens');
  }

  async #check({ token, key }: Credentials): Promise<Grant | null> {
    if (this.#tokens === null && this.#keys === null) return null;
    if (token !== null) return this.token(token);
    if (key === null) return null;
    if (this.#keys !== null) return this.#keys.check(key);
    throw new AccessRefusal('invalid_key', 'this gateway does not accept API keys');
  }
}

function anonymousGrant(config: Config, bounds: Bounds, takesCredentials: boolean): Grant {
  const { anonymousChannels } = config;
  const expiresAt = Number.POSITIVE_INFINITY;
  if (!takesCredentials) {
    const { reads, publishes } = bounds;
    if (anonymousChannels.length === 0)
      return { reads, publishes, identity: ANONYMOUS, area: null, account: null, expiresAt };
    throw new ConfigError(
      'ANONYMOUS_CHANNELS is for gateways with tokens or API keys; without them everybody reads CHANNELS, so leave it empty',
    );
  }
  const named = createAllowlist(anonymousChannels);
  return {
    reads: (name) => bounds.reads(name) && named(name),
    identity: ANONYMOUS,
    publishes: () => false,
    area: null,
    account: null,
    expiresAt,
  };
}

/** Called with the reason when keys cannot be read. */
type KeySetFailed = (error: unknown) => void;

function tokenCheck(config: Config, bounds: Bounds, failed: KeySetFailed): JwtCheck | null {
  const keys = tokenKeys(config, failed);
  if (keys === null) return null;
  const rules = {
    issuer: config.auth.jwtIssuer,
    audience: config.auth.jwtAudience,
    clockToleranceMs: config.auth.jwtClockToleranceMs,
    requiresExpiry: config.auth.jwtRequireExp,
  };
  return createJwtCheck(keys, rules, bounds);
}

/** The settings that name keys of tokens, and how each is read. */
const TOKEN_KEYS: Readonly<Record<string, KeySetting<TokenKeys>>> = {
  JWT_SECRET: { value: ({ jwtSecret }) => jwtSecret, read: sharedSecret },
  JWT_PUBLIC_KEY: { value: ({ jwtPublicKey }) => jwtPublicKey, read: publicKey },
  JWT_PUBLIC_KEY_FILE: {
    value: ({ jwtPublicKeyFile }) => jwtPublicKeyFile,
    read: (path) => publicKey(readSetting('JWT_PUBLIC_KEY_FILE', path)),
  },
  JWT_JWKS_URL: {
    value: ({ jwtJwksUrl }) => jwtJwksUrl,
    read: (url, { jwtJwksCooldownMs: cooldownMs, jwtJwksMaxAgeMs: maxAgeMs }, failed) =>
      remoteKeys(url, { cooldownMs, maxAgeMs }, failed),
  },
};

/** The settings that name API keys, and how each is read. */
const API_KEYS: Readonly<Record<string, KeySetting<string>>> = {
  API_KEYS: { value: ({ apiKeys }) => apiKeys, read: (json) => json },
  API_KEYS_FILE: {
    value: ({ apiKeysFile }) => apiKeysFile,
    read: (path) => readSetting('API_KEYS_FILE', path),
  },
};

/** A setting that names keys, and what its value means. */
interface KeySetting<T> {
  value(auth: Config['auth']): string;
  read(value: string, auth: Config['auth'], failed: KeySetFailed): T;
}

/** Whether the settings turn tokens on. */
export function takesTokens({ auth }: Config): boolean {
  return onlyOne(auth, TOKEN_KEYS) !== null;
}

function tokenKeys({ auth }: Config, failed: KeySetFailed): TokenKeys | null {
  const found = onlyOne(auth, TOKEN_KEYS);
  return found === null ? null : usable(found.name, () => found.read(found.value(auth), auth, failed));
}

function keyCheck({ auth }: Config, bounds: Bounds): KeyCheck | null {
  const found = onlyOne(auth, API_KEYS);
  if (found === null) return null;
  const json = found.read(found.value(auth), auth, () => {});
  return usable(found.name, () => createKeyCheck(json, bounds));
}

/** Which of these settings has a value; null if none has. */
function onlyOne<T>(
  auth: Config['auth'],
  settings: Readonly<Record<string, KeySetting<T>>>,
): (KeySetting<T> & { name: string }) | null {
  const set = Object.entries(settings).filter(([, { value }]) => value(auth) !== '');
  if (set.length > 1) {
    throw new ConfigError(`${set.map(([name]) => name).join(' and ')} exclude each other; set one of them`);
  }
  const [name, setting] = set[0] ?? [];
  return name === undefined || setting === undefined ? null : { name, ...setting };
}

function readSetting(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'it is not a file';
    throw new ConfigError(`${name} ${path} cannot be read (${why}); name a file that the gateway may read`);
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
