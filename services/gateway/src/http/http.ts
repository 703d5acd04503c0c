import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { isSocketIo, MISDIRECTED, type Misdirection } from '../admission/misdirected.js';
import { ConfigError } from '../config/config.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import { HttpServer, type HttpServerOptions } from './server.js';
import { servePage } from './static-page.js';

/** The answer of `/readyz`. */
export interface Readiness {
  ready: boolean;
  /** `redis`, `memory` or the name of a custom source. */
  source: string;
  sourceReady: boolean;
  draining: boolean;
}

export interface RequestHandlerOptions {
  metrics: GatewayMetrics;
  readiness(): Readiness;
  /** Handlers of the admin API and the HTTP API. Each answers a request if it is for that API, and returns whether it is. */
  admin: RequestHandler;
  features: RequestHandler;
}

export interface HttpOptions extends HttpServerOptions {
  /** Directory of a web page; empty for none. */
  pageDir: string;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const BANNER = `This is a Viaduct gateway: live geodata over WebSocket, on any path, and over socket.io.
Health: /healthz  Readiness: /readyz  Metrics: /metrics
`;

/** Answers a request if it is for the gateway; returns whether it is. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Answers requests for health, readiness, metrics, the admin API and the HTTP API, and ignores all others. */
export function createRequestHandler(options: RequestHandlerOptions): RequestHandler {
  const routes: Record<string, Handler> = {
    '/healthz': (_request, response) => send(response, 200, 'text/plain', 'ok\n'),
    '/readyz': (_request, response) => {
      const readiness = options.readiness();
      send(response, readiness.ready ? 200 : 503, 'application/json', `${JSON.stringify(readiness)}\n`);
    },
    '/metrics': (_request, response) => void sendMetrics(options.metrics, response),
  };
  return (request, response) => {
    if (options.admin(request, response) || options.features(request, response)) return true;
    const path = pathOf(request);
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) return false;
    if (isRead(request)) route(request, response);
    else refuseMethod(response);
    return true;
  };
}

/**
 * The gateway's own HTTP server: what the handler answers, and a page if one is configured.
 *
 * @throws ConfigError if the page's directory does not exist
 */
export function createHttpServer(handle: RequestHandler, options: HttpOptions): HttpServer {
  const page = options.pageDir === '' ? undefined : servePage(options.pageDir);
  return new HttpServer(options, (request, response) => {
    if (handle(request, response)) return;
    if (!isRead(request)) refuseMethod(response);
    else if (isSocketIo(request)) misdirected(response, 'wrong_path');
    else if (page !== undefined) page(request, response, () => notFound(response));
    else if (pathOf(request) === '/') send(response, 200, 'text/plain', BANNER);
    else notFound(response);
  });
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const [path = '/'] = url.split('?');
  return path;
}

function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function refuseMethod(response: ServerResponse): void {
  send(response, 405, 'text/plain', 'only GET and HEAD are served here\n');
}

/** Where a server listens, and the setting that decides its port. */
export interface ListenAddress {
  host: string;
  port: number;
  variable: 'PORT' | 'ADMIN_PORT';
}

/**
 * Listens on the configured address.
 *
 * @throws ConfigError that says how to fix it
 */
export async function listen(server: Server, address: ListenAddress): Promise<void> {
  const { host, port } = address;
  try {
    await once(server.listen(host === '' ? { port } : { port, host }), 'listening');
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, address);
  }
}

/** The URL of a server that listens. */
export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${hostInUrl(host)}:${port}`;
}

/** The host of the address to listen on, in the form for URLs (RFC 3986, section 3.2.2). */
export function hostInUrl(host: string): string {
  if (host === '') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

function listenError(error: NodeJS.ErrnoException, { host, port, variable }: ListenAddress): Error {
  if (error.code === 'EADDRINUSE')
    return new ConfigError(`${variable} ${port} is in use; set ${variable} to a free one`);
  if (error.code === 'EACCES')
    return new ConfigError(
      `${variable} ${port} needs more rights than the gateway has; set ${variable} to one above 1023`,
    );
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ConfigError(`HOST ${host} is not an address of this machine; leave HOST empty for all`);
  }
  return error;
}

async function sendMetrics({ registry }: GatewayMetrics, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, registry.contentType, await registry.metrics());
  } catch (error) {
    send(response, 500, 'text/plain', `metrics cannot be collected: ${String(error)}\n`);
  }
}

function misdirected(response: ServerResponse, reason: Misdirection): void {
  const { status, message } = MISDIRECTED[reason];
  // Pages of any origin may read why they are in the wrong place.
  send(response, status, 'application/json', `${JSON.stringify({ message })}\n`, {
    'access-control-allow-origin': '*',
  });
}

function notFound(response: ServerResponse): void {
  send(response, 404, 'text/plain', 'nothing here; try / or /healthz\n');
}

/** Sends a complete answer; `headers` are added to the usual ones. */
export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
