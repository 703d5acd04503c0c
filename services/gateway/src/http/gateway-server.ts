import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Config } from '../config/config.js';
import { attach } from './attach.js';
import { createHttpServer, listen, type RequestHandler, urlOf } from './http.js';
import { HttpConnections, type HttpRefusal } from './http-connections.js';
import type { HttpServer } from './server.js';

export interface GatewayServerOptions {
  /** Requests below this path are for a transport, also on a program's server. */
  readonly transportPath: string;
  /** Called for each client that takes too long to send its request. */
  timedOut(): void;
  /** Resolves when it is the turn of a request; undefined if that is now. */
  turn(request: IncomingMessage): Promise<void> | undefined;
  /** Called for each connection that is refused or cut. */
  refused(reason: HttpRefusal): void;
}

/** The gateway's own HTTP server, which listens itself or serves what the server of an embedding program passes on. */
export class GatewayServer {
  /** Gets every request and upgrade that is for the gateway. */
  readonly own: HttpServer;
  readonly connections: HttpConnections;
  readonly #config: Config;
  /** The server of the embedding program; null if the gateway's own server listens. */
  readonly #outer: Server | null;
  readonly #options: GatewayServerOptions;
  /** Connections that the server has handed over and does not close itself. */
  readonly #upgraded = new Set<Duplex>();
  #detach: () => void = () => {};

  /**
   * @param handle answers requests that are for no transport
   * @throws ConfigError if the page's directory does not exist
   */
  constructor(config: Config, handle: RequestHandler, outer: Server | null, options: GatewayServerOptions) {
    this.#config = config;
    this.#outer = outer;
    this.#options = options;
    this.own = createHttpServer(handle, {
      pageDir: config.pageDir,
      handshakeTimeoutMs: config.limits.handshakeTimeoutMs,
      keepAliveMs: config.keepAliveMs,
      timedOut: options.timedOut,
      turn: options.turn,
      cut: options.refused,
    });
    this.own.on('upgrade', (_request, socket) => {
      this.#upgraded.add(socket);
      // Node has removed its own listener, and a client may reset its connection before a transport listens.
      socket.on('error', ignore);
      socket.on('close', () => this.#upgraded.delete(socket));
    });
    this.connections = new HttpConnections(config, options.refused);
  }

  get #listening(): Server {
    return this.#outer ?? this.own;
  }

  /** Where clients connect, once {@link open} has resolved. */
  get url(): string {
    return urlOf(this.#listening, this.#config.host);
  }

  /** Limits its connections. Call this when the transports listen to the server. */
  limit(): void {
    this.connections.watch(this.own, this.#config.limits.maxConnections);
  }

  /**
   * Accepts clients.
   *
   * @throws ConfigError if it cannot listen
   */
  async open(): Promise<void> {
    const { transportPath, refused } = this.#options;
    if (this.#outer !== null) this.#detach = attach(this.#outer, this.own, transportPath, refused);
    const { host, port } = this.#config;
    if (!this.#listening.listening) await listen(this.#listening, { host, port, variable: 'PORT' });
  }

  /** Cuts all connections. A program's server stays open, with the listeners that it had before. */
  close(): void {
    this.#detach();
    this.own.close();
    this.own.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }
}

function ignore(): void {}
