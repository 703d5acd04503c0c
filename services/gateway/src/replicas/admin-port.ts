import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import { refuseConnection } from '../admission/refusal-answers.js';
import type { Config } from '../config/config.js';
import { listen, type RequestHandler, send, urlOf } from '../http/http.js';
import type { HttpConnections, HttpRefusal } from '../http/http-connections.js';
import type { RequestTurns } from '../http/request-turns.js';
import { HttpServer } from '../http/server.js';
import type { GatewayMetrics } from '../observability/metrics.js';

const NOTHING_HERE = 'nothing here; try /admin/';
const NO_UPGRADE = { status: 404, content: { message: NOTHING_HERE } } as const;

/** What the port needs from its gateway. */
export interface AdminPortServices {
  metrics: Pick<GatewayMetrics, 'handshakeTimedOut' | 'httpRefused'>;
  requestTurns: RequestTurns;
  httpConnections: HttpConnections;
  logger: Logger;
}

/** A port for the admin API alone; null if `ADMIN_PORT` is not set. */
export function createAdminPort(
  { host, admin, limits, keepAliveMs }: Config,
  { metrics, requestTurns, httpConnections, logger }: AdminPortServices,
  serve: RequestHandler,
): AdminPort | null {
  if (admin.port === undefined) return null;
  const options = {
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    keepAliveMs,
    timedOut: () => metrics.handshakeTimedOut('http'),
    turn: (request: IncomingMessage) => requestTurns.begin(request),
    cut: (reason: HttpRefusal) => metrics.httpRefused(reason),
  };
  const server = new HttpServer(options, (request, response) => {
    if (!serve(request, response)) send(response, 404, 'text/plain', `${NOTHING_HERE}\n`);
  });
  // Without a listener, Node would cut these connections, and those of bodies in chunks, without an answer.
  server.on('upgrade', (_request, socket) => refuseConnection(socket, NO_UPGRADE));
  // It has no sessions.
  httpConnections.watch(server, 0);
  return new AdminPort(server, { host, port: admin.port }, logger);
}

export class AdminPort {
  readonly #server: Server;
  readonly #address: { host: string; port: number };
  readonly #logger: Logger;

  constructor(server: Server, address: { host: string; port: number }, logger: Logger) {
    this.#server = server;
    this.#address = address;
    this.#logger = logger;
  }

  /** @throws ConfigError that says how to fix it */
  async listen(): Promise<void> {
    await listen(this.#server, { ...this.#address, variable: 'ADMIN_PORT' });
    this.#logger.info({ url: urlOf(this.#server, this.#address.host) }, 'admin API listening');
  }

  /** Ends all of its connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
