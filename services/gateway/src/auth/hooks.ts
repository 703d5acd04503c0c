import type { IncomingHttpHeaders } from 'node:http';
import { CLOSE_CODES, type CloseReason, CommandError } from '@viaduct/protocol';
import type { ClientKind } from '../delivery/connection.js';
import type { ReportInternalError } from '../observability/errors.js';
import type { AccountLimits } from './account.js';
import {
  type Bounds,
  checkCase,
  type Grant,
  grantOf,
  type Identity,
  PERMISSIONS,
  wrongWith,
} from './grant.js';
import { AccessRefusal } from './refusal.js';

/** A client that asks to connect, or sends a request to the HTTP API. */
export interface Handshake {
  readonly transport: ClientKind;
  /** IP address of the client; null if it is no longer known. */
  readonly address: string | null;
  readonly headers: IncomingHttpHeaders;
  /** Path and query of the request. */
  readonly url: string;
  /** socket.io's `auth`; undefined for all other clients. */
  readonly auth: unknown;
}

/** What a client may do within `channels` and `publishChannels`. */
export interface Permission {
  /** Names or globs that it may read; none by default. */
  channels?: string[];
  /** Names or globs that it may publish to; none by default. */
  publish?: string[];
  /**
   * The area that it sees: a bbox `[minX, minY, maxX, maxY]` in degrees, or a GeoJSON Polygon or MultiPolygon; null for no
   * limit.
   */
  area?: unknown;
  /**
   * What all clients whose `claims` have the same `sub` may use together, on one gateway: `connections`,
   * `subscriptions` and `bytesPerSecond`. No limits by default.
   */
  limits?: Readonly<Partial<AccountLimits>>;
  /** When its session ends: milliseconds since the epoch; never by default. */
  expiresAt?: number;
  /** What hooks and commands learn about it. */
  claims?: Readonly<Record<string, unknown>>;
}

/**
 * Decides what a client may do. It runs after the checks of tokens and API keys. If it returns null, these decide: a
 * client without valid credentials may then read `anonymousChannels`. Throw an {@link AccessRefusal} to refuse the
 * client.
 */
export type Authenticate = (handshake: Handshake) => Permission | null | Promise<Permission | null>;

/** Who a client is. */
export interface Client extends Identity {
  readonly transport: ClientKind;
  /** Its IP address, as trusted proxies report it; null if it is no longer known. */
  readonly address: string | null;
}

/** A client that is connected. */
export interface SessionClient extends Client {
  /** Id of its session, as in the log and in the admin API. */
  readonly session: string;
}

/** A subscription that a client asks for. */
export interface SubscribeRequest {
  readonly channel: string;
  /** Whether it wants the state first. */
  readonly snapshot: boolean;
  /** Whether it wants a live view. */
  readonly live: boolean;
  /** The stream entry after which it wants all entries; null for none. */
  readonly since: string | null;
}

/** A message that a client publishes. */
export interface PublishRequest {
  readonly channel: string;
  /** The message, parsed. A change has no effect on what is published. */
  readonly content: unknown;
}

/** How a session ended. */
export interface SessionEnd {
  /** The close code: one of the gateway's, one that the client gave, or 1006 for a connection that broke. */
  readonly code: number;
  /** Name of the code in `CLOSE_CODES`; null for any other. */
  readonly reason: CloseReason | null;
}

type Hooked = void | Promise<void>;

/**
 * Functions of the program that embeds the gateway. Each may be asynchronous. One that throws refuses what the client
 * asks for. The client receives the message of an {@link AccessRefusal} or a `CommandError`; any other error is logged
 * and counted, and reported to the client as an internal failure. A hook that has not settled after
 * `limits.handshakeTimeoutMs` fails in the same way. Only `connect` keeps a client out; the others leave it connected.
 */
export interface Hooks {
  /**
   * Called before a client becomes a session, and for each request to the HTTP API. Throw an {@link AccessRefusal} to refuse
   * it.
   */
  connect?(client: Client): Hooked;
  /** Called before a client is subscribed, after the check of its permissions. `not_allowed` for an {@link AccessRefusal}. */
  subscribe?(client: SessionClient, request: SubscribeRequest): Hooked;
  /** Called before a client's message is published, after all other checks. `not_allowed` for an {@link AccessRefusal}. */
  publish?(client: SessionClient, request: PublishRequest): Hooked;
  /** Called once when a session has ended. What it throws is logged and counted. */
  close?(client: SessionClient, end: SessionEnd): Hooked;
}

/** The close reasons by their code. */
const REASONS = new Map(
  (Object.keys(CLOSE_CODES) as CloseReason[]).map((reason) => [CLOSE_CODES[reason].code as number, reason]),
);

/** A hook of the embedding program did not settle in time. */
class HookTimeout extends Error {
  override readonly name = 'HookTimeout';

  constructor(hook: string, ms: number) {
    super(
      `the ${hook} hook did not settle within ${ms} ms; make it reject sooner if what it waits for takes too long`,
    );
  }
}

/** Runs `authenticate` and the hooks of the embedding program. */
export class HookRunner {
  readonly #authenticate: Authenticate | null;
  readonly #hooks: Hooks;
  readonly #timeoutMs: number;
  readonly #report: ReportInternalError;

  /**
   * @param timeoutMs how long each may take
   * @param report called with any error other than a refusal; errors of `subscribe` and `publish` fail the command
   *   instead
   */
  constructor(
    authenticate: Authenticate | null,
    hooks: Hooks,
    timeoutMs: number,
    report: ReportInternalError,
  ) {
    this.#authenticate = authenticate;
    this.#hooks = hooks;
    this.#timeoutMs = timeoutMs;
    this.#report = report;
  }

  /** Whether the program decides what clients may do. */
  get authenticates(): boolean {
    return this.#authenticate !== null;
  }

  /** Whether the program decides which clients may connect. */
  get admits(): boolean {
    return this.authenticates || this.has('connect');
  }

  /** Whether the program has such a hook. */
  has(hook: keyof Hooks): boolean {
    return this.#hooks[hook] !== undefined;
  }

  /**
   * Lets the program decide about a client.
   *
   * @param byCredentials what its token or key allows
   * @throws AccessRefusal
   */
  async admit(handshake: Handshake, byCredentials: Grant, bounds: Bounds): Promise<Grant> {
    if (!this.admits) return byCredentials;
    const { transport, address } = handshake;
    let hook = 'authenticate';
    try {
      const permission = (await this.#inTime(hook, this.#authenticate?.(handshake))) ?? null;
      const grant = permission === null ? byCredentials : grantOfPermission(permission, bounds);
      hook = 'connect';
      await this.#inTime(
        hook,
        this.#hooks.connect?.(Object.freeze({ ...grant.identity, transport, address })),
      );
      return grant;
    } catch (error) {
      if (error instanceof AccessRefusal) throw error;
      this.#report(error, { where: `${hook} hook`, transport });
      throw new AccessRefusal('hook_failed', 'the gateway failed to check this client; try again later');
    }
  }

  /** @throws the error with which the command fails, if the program refuses the subscription */
  async subscribe(client: SessionClient, request: SubscribeRequest): Promise<void> {
    try {
      await this.#inTime('subscribe', this.#hooks.subscribe?.(client, request));
    } catch (error) {
      throw asCommandError(error);
    }
  }

  /** @throws the error with which the command fails, if the program refuses the message */
  async publish(client: SessionClient, request: PublishRequest): Promise<void> {
    try {
      await this.#inTime('publish', this.#hooks.publish?.(client, request));
    } catch (error) {
      throw asCommandError(error);
    }
  }

  /** Calls the hook for a session that has ended. Never throws or rejects. */
  async close(client: SessionClient, code: number): Promise<void> {
    try {
      const end = { code, reason: REASONS.get(code) ?? null };
      await this.#inTime('close', this.#hooks.close?.(client, end));
    } catch (error) {
      const { session, transport } = client;
      this.#report(error, { where: 'close hook', session, transport });
    }
  }

  /**
   * The result of a hook.
   *
   * @throws HookTimeout if it takes too long. What becomes of it later has no effect.
   */
  async #inTime<T>(hook: string, result: T | PromiseLike<T>): Promise<T> {
    if (!isPromise(result)) return result;
    let deadline: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const ms = this.#timeoutMs;
      // It does not keep the process alive after the gateway has been closed.
      deadline = setTimeout(() => reject(new HookTimeout(hook, ms)), ms).unref();
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      clearTimeout(deadline);
    }
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}

/** A client whose command the program refuses stays connected, so a refusal becomes an answer. */
function asCommandError(error: unknown): unknown {
  return error instanceof AccessRefusal ? new CommandError('not_allowed', error.message) : error;
}

function grantOfPermission(permission: Permission, bounds: Bounds): Grant {
  // In the types of the embedding API, null means no limit.
  const read = PERMISSIONS.safeParse({ ...permission, area: permission.area ?? undefined });
  if (!read.success) throw new TypeError(`authenticate returned a permission with ${wrongWith(read.error)}`);
  checkCase(permission, Object.keys(PERMISSIONS.shape));
  const { claims = null, expiresAt } = permission;
  return grantOf(read.data, bounds, { claims, keyName: null }, expiresAt);
}
