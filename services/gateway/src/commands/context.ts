import type { Bbox, Crs, View } from '@viaduct/geo-worker';
import type { SessionClient } from '../auth/hooks.js';
import type { BoxOptions, Filter } from '../delivery/member.js';

/** What a client receives first when it subscribes. */
export interface SubscribeOptions {
  /** True: the hash of the channel's name is sent before the messages that follow. */
  readonly snapshot?: boolean;
  /** True: the client has a live view, and receives what enters it, changes in it and leaves it. */
  readonly live?: boolean;
  /** Id of an entry of a Redis Stream: the entries after it are sent first. */
  readonly since?: string | null;
  /** The client reference of the envelopes that report the outcome. */
  readonly clientRef?: string | null;
}

/** The current view of a session. */
export interface CommandView extends View {
  /** The box; null if there is none. */
  readonly bbox: Readonly<Bbox> | null;
  /** The CRS of the box's numbers. */
  readonly boxCrs: Crs;
  /** The hints that came with the box. */
  readonly boxOptions: BoxOptions;
  /** True between `RESET` and the next `BBOX`: no GeoJSON is sent. */
  readonly held: boolean;
}

/**
 * What a command can do, built-in or custom: this and nothing else. Every method that takes a channel or key refuses
 * what the configuration or the session's credentials do not allow (`not_allowed`), and nothing outside the session's
 * area is sent. The object is frozen and lasts as long as the session.
 */
export interface CommandContext {
  /** The current view of the session. Change it with the methods below. */
  readonly view: CommandView;
  /** Who sent the command. */
  readonly client: SessionClient;

  /** Sends one envelope now, whatever the box, limited to the session's area. `content` is any JSON value. */
  answer(source: string, content: unknown, clientRef?: string | null): void;
  /** Sends the client a warning although the command succeeds. */
  warn(message: string): void;

  /**
   * Sends every value of a hash that passes the session's view, each as an envelope with source `key`. Resolves with
   * their number when the last one is on its way.
   *
   * @param view another CRS than the session's
   */
  sendHash(key: string, clientRef?: string | null, view?: View): Promise<number>;
  /**
   * Sends one field of a hash with source `key field`, whatever the box; `null` if it does not exist or is outside
   * the session's area.
   */
  sendField(key: string, field: string, clientRef?: string | null, view?: View): Promise<void>;
  /**
   * Reads the values of a hash for the command's own use, parsed and limited to the session's area. The box does not
   * filter them. They arrive in small portions, so a loop over a large hash does not delay other sessions.
   */
  readHash(key: string): AsyncIterable<unknown>;
  /** One field of a hash, parsed and limited to the session's area; null if it does not exist or is outside. */
  readField(key: string, field: string): Promise<unknown>;

  /**
   * Resolves when the session receives the channel's messages, and the requested state is on its way. Returns no promise if
   * there is nothing to wait for, because the gateway already receives the channel: use `await`.
   */
  subscribe(channel: string, options?: SubscribeOptions): void | Promise<void>;
  unsubscribe(channel: string): void;

  /** @throws CommandError `unknown_crs` or `unsupported_crs` */
  resolveCrs(name: string): Promise<Crs>;
  setProjection(view: View): void;
  setBox(bbox: Bbox, options?: BoxOptions): void;
  clearBox(): void;
  /** Clears the box and holds features back until a box is set or cleared. */
  hold(): void;
  /**
   * Adds or replaces a named filter, which sees what is inside the session's area; null removes it. Pushed messages
   * and the values of a hash must pass all filters.
   */
  setFilter(name: string, filter: Filter | null): void;
  /** Sends pushed messages in lists of up to `size`, `ms` milliseconds after the first; zeros end that. */
  setBuffer(size: number, ms: number): void;
  /**
   * Publishes JSON text to a channel that the session may publish to. Resolves when the source has it.
   *
   * @throws CommandError `publish_disabled`, `not_allowed`, `rate_limited`, `message_too_big` or `invalid_json`
   */
  publish(channel: string, json: string): Promise<void>;
  /**
   * Replaces the session's permissions with those of a token. Subscriptions that it does not allow end, each with an
   * error to the client.
   *
   * @throws CommandError `invalid_token`, or `source_unavailable` if the token cannot be checked at the moment
   */
  renew(token: string): Promise<void>;
  /** Drops pushed messages that have not been sent yet; answers are kept. */
  dropQueued(): void;
}
