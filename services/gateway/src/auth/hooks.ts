import type { IncomingHttpHeaders } from 'node:http';
import type { TransportName } from '../delivery/connection.js';
import type { ReportInternalError } from '../observability/errors.js';
import { type Bounds, type Grant, grantOf, type Identity, PERMISSIONS, wrongWith } from './grant.js';
import { AccessRefusal } from './refusal.js';

/** A client that asks to connect. */
export interface Handshake {
  readonly transport: TransportName;
  /** IP address of the client; null if it is not known any more. */
  readonly address: string | null;
  readonly headers: IncomingHttpHeaders;
  /** Path and query of the request. */
  readonly url: string;
  /** socket.io's `auth`; undefined on a plain WebSocket. */
  readonly auth: unknown;
}

/** What a client may do within `channels` and `publishChannels`. */
export interface Permission {
  /** Names or globs that it may read; none by default. */
  channels?: string[];
  /** Names or globs that it may publish to; none by default. */
  publish?: string[];
  /** What it sees: a bbox `[minX, minY, maxX, maxY]` in degrees, or a GeoJSON Polygon or MultiPolygon; null for no limit. */
  area?: unknown;
  /** When its session ends: milliseconds since the epoch; never by default. */
  expiresAt?: number;
  /** What hooks and commands learn about it. */
  claims?: Readonly<Record<string, unknown>>;
}

/**
 * Decides what a client may do. It runs after tokens and API keys were checked. Null leaves the decision to them: a client
 * without valid credentials may then read `anonymousChannels`. Throw an {@link AccessRefusal} to refuse the client.
 */
export type Authenticate = (handshake: Handshake) => Permission | null | Promise<Permission | null>;

/** Who a session belongs to. */
export interface Client extends Identity {
  readonly transport: TransportName;
  readonly address: string | null;
}

/**
 * Functions of the program that embeds the gateway. Each may be asynchronous. One that throws refuses what is asked: an
 * `AccessRefusal` with its reason, anything else as an internal failure, which is logged.
 */
export interface Hooks {
  /** Before a client becomes a session. Throw an `AccessRefusal` to refuse it. */
  connect?(client: Client): unknown;
}

/** Runs `authenticate` and the hooks of the embedding program. */
export class HookRunner {
  readonly #authenticate: Authenticate | null;
  readonly #hooks: Hooks;
  readonly #report: ReportInternalError;

  /** @param report called with what a hook throws besides refusals */
  constructor(authenticate: Authenticate | null, hooks: Hooks, report: ReportInternalError) {
    this.#authenticate = authenticate;
    this.#hooks = hooks;
    this.#report = report;
  }

  /** Whether the program decides what clients may do. */
  get authenticates(): boolean {
    return this.#authenticate !== null;
  }

  /**
   * Lets the program decide about a client.
   *
   * @param byCredentials what its token or key allows
   * @throws AccessRefusal
   */
  async admit(handshake: Handshake, byCredentials: Grant, bounds: Bounds): Promise<Grant> {
    if (this.#authenticate === null && this.#hooks.connect === undefined) return byCredentials;
    try {
      const permission = (await this.#authenticate?.(handshake)) ?? null;
      const grant = permission === null ? byCredentials : grantOfPermission(permission, bounds);
      const { transport, address } = handshake;
      await this.#hooks.connect?.(Object.freeze({ ...grant.identity, transport, address }));
      return grant;
    } catch (error) {
      if (error instanceof AccessRefusal) throw error;
      this.#report(error, { where: 'connect hook', transport: handshake.transport });
      throw new AccessRefusal('hook_failed', 'the gateway failed to check this client; try again later');
    }
  }
}

function grantOfPermission(permission: Permission, bounds: Bounds): Grant {
  const read = PERMISSIONS.safeParse(permission);
  if (!read.success) throw new TypeError(`authenticate returned a permission with ${wrongWith(read.error)}`);
  const { claims = null, expiresAt } = permission;
  return grantOf(read.data, bounds, { claims, keyName: null }, expiresAt);
}
