import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import sirv from 'sirv';
import { ConfigError } from './config.js';
import type { GatewayMetrics } from './metrics.js';

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
  return createServer((request, response) => {
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

function servePage(directory: string): ReturnType<typeof sirv> {
  if (!existsSync(directory)) {
    throw new ConfigError(`PAGE_DIR ${directory} does not exist; name a directory, or leave it empty`);
  }
  return sirv(directory, { dev: true, etag: true });
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

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
