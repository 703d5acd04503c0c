import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type Config, ConfigError } from '../config/config.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import { HttpServer } from './server.js';
import { servePage } from './static-page.js';

/** What `/readyz` tells. */
export interface Readiness {
  ready: boolean;
  /** `redis` or `memory`. */
  source: string;
  sourceReady: boolean;
  draining: boolean;
}

export interface HttpOptions {
  metrics: GatewayMetrics;
  readiness(): Readiness;
  /** Directory of a web page; empty for none. */
  pageDir: string;
  /** A connection whose request is not there after so long is cut, in ms. */
  handshakeTimeoutMs: number;
  /** Takes a request where it is the admin API's; returns whether it did. */
  admin(request: IncomingMessage, response: ServerResponse): boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const BANNER = `This is a Viaduct gateway: live geodata over WebSocket, on any path, and over socket.io.
Health: /healthz  Readiness: /readyz  Metrics: /metrics
`;

/**
 * The HTTP side of the gateway: health, readiness, metrics, and a page where one is configured.
 *
 * @throws ConfigError where the page's directory does not exist
 */
export function createHttpServer(options: HttpOptions): Server {
  const page = options.pageDir === '' ? undefined : servePage(options.pageDir);
  const routes: Record<string, Handler> = {
    '/healthz': (_request, response) => send(response, 200, 'text/plain', 'ok\n'),
    '/readyz': (_request, response) => {
      const readiness = options.readiness();
      send(response, readiness.ready ? 200 : 503, 'application/json', `${JSON.stringify(readiness)}\n`);
    },
    '/metrics': (_request, response) => void sendMetrics(options.metrics, response),
  };
  const timedOut = (): void => options.metrics.handshakeTimedOut('http');
  return new HttpServer(options.handshakeTimeoutMs, timedOut, (request, response) => {
    if (options.admin(request, response)) return;
    const [path = '/'] = (request.url ?? '/').split('?');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, 'text/plain', 'only GET and HEAD are served here\n');
      return;
    }
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route !== undefined) route(request, response);
    else if (page !== undefined) page(request, response, () => notFound(response));
    else if (path === '/') send(response, 200, 'text/plain', BANNER);
    else notFound(response);
  });
}

/**
 * Listens where the configuration says.
 *
 * @throws ConfigError where that is not possible, with the remedy
 */
export function listen(server: Server, { port, host }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(host === '' ? { port } : { port, host }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): Error {
  if (error.code === 'EADDRINUSE') return new ConfigError(`PORT ${port} is in use; set PORT to a free one`);
  if (error.code === 'EACCES')
    return new ConfigError(`PORT ${port} is not ours to use; set PORT to one above 1023`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new ConfigError(`HOST ${host} is no address of this machine; leave HOST empty for all`);
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

function notFound(response: ServerResponse): void {
  send(response, 404, 'text/plain', 'nothing here; try / or /healthz\n');
}

/** Sends a whole answer; `headers` besides the usual ones. */
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
