import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Authenticate, Hooks } from './auth/hooks.js';
import type { Command } from './commands/command.js';
import type { SettingOptions } from './config/options.js';
import type { RequestHandler } from './http/http.js';
import type { GatewayMetrics } from './observability/metrics.js';
import type { Source } from './sources/index.js';

/** Settings, with the defaults of docs/settings.md, and what a program can add to them. */
export interface GatewayOptions extends SettingOptions {
  /** The commands that clients can use; the built-in ones by default. */
  commands?: readonly Command[];
  /**
   * Replaces Redis. The gateway starts and closes it. `redis` then only connects the replicas of the admin API, and is `memory:`,
   * for none, by default.
   */
  source?: Source;
  /**
   * Your own HTTP server. The gateway takes its WebSocket upgrades and the requests below `/socket.io/`, and makes it
   * listen on `port` if it does not listen yet. It stays open when the gateway closes. Without it, the gateway has a
   * server of its own.
   */
  server?: Server;
  /** Decides what a client may do, besides tokens and API keys. With it, clients without credentials are anonymous. */
  authenticate?: Authenticate;
  /** Called when clients connect, subscribe, publish and leave. */
  hooks?: Hooks;
  /** Where log lines go; standard output at `logLevel` by default. */
  logger?: Logger;
}

/** One stateless server between a source and its clients. */
export interface Gateway {
  /**
   * Listens. Waits only a moment for the source: `/readyz` says when it is connected.
   *
   * @returns the address, such as `http://localhost:8080`
   * @throws ConfigError if a setting cannot be used
   */
  start(): Promise<{ url: string }>;
  /**
   * Accepts no new connection, closes the open ones evenly over `drainMs`, then frees everything. A second call with 0
   * closes what is left at once.
   */
  close(options?: { drainMs?: number }): Promise<void>;
  /** Answers `/healthz`, `/readyz`, `/metrics`, the HTTP API and the admin API on a `server` of your own; returns whether it did. */
  readonly handle: RequestHandler;
  /** All metrics, for a program that embeds the gateway. */
  readonly metrics: GatewayMetrics['registry'];
}
