import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';
import { redisAccess } from '../config/redis-settings.js';
import { packageVersion } from '../config/version.js';
import { send } from '../http/http.js';
import type { ReportInternalError } from '../observability/errors.js';
import { RateLimitedLogger } from '../observability/logger.js';
import { counter, gaugeAtScrape } from '../observability/metric.js';
import { METRICS } from '../observability/metric-table.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import { MEMORY_URL } from '../sources/memory-url.js';
import type { SocketIoTransport } from '../transports/socket-io/transport.js';
import type { AdminAnswer } from './admin-call.js';
import { AdminError, createTokenCheck } from './admin-http.js';
import { AdminPage } from './admin-page.js';
import { type AdminPort, type AdminPortServices, createAdminPort } from './admin-port.js';
import { ADMIN_ROUTES, type AdminRoute } from './admin-routes.js';
import type { ReplicaEvents } from './events.js';
import { LocalReplica, type LocalReplicaServices } from './local-replica.js';
import { Replicas } from './replicas.js';
import { WrongTokens } from './wrong-tokens.js';

/** Path of the admin API and of everything below it. */
const ADMIN_PATH = '/admin';

/** Maximum length of the host name in a replica's id. */
const MAX_HOST_LENGTH = 80;

/** What the admin API needs from its gateway. */
export interface AdminServices extends Omit<LocalReplicaServices, 'version'>, AdminPortServices {
  io: SocketIoTransport<ReplicaEvents>['io'];
  metrics: GatewayMetrics;
  reportInternalError: ReportInternalError;
}

/** Outcomes of requests, for the metric. */
const OUTCOMES = METRICS.viaduct_admin_requests_total.labels.outcome;
type Outcome = (typeof OUTCOMES)[number];

/** The operators' HTTP API of one replica, which answers for all of them. */
export class Admin {
  readonly #services: AdminServices;
  readonly #replicas: Replicas;
  readonly #isAuthorized: ReturnType<typeof createTokenCheck>;
  readonly #wrongTokens = new WrongTokens();
  readonly #requests;
  readonly #rateLimited: RateLimitedLogger;
  readonly #page = new AdminPage(ADMIN_PATH);
  /** Null if the API is on `PORT`. */
  readonly #ownPort: AdminPort | null;

  /** @param config with an `ADMIN_TOKEN` */
  constructor(config: Config, services: AdminServices) {
    this.#services = services;
    const { io, metrics, logger, reportInternalError } = services;
    this.#isAuthorized = createTokenCheck(config.admin.token);
    this.#rateLimited = new RateLimitedLogger(logger);
    this.#ownPort = createAdminPort(config, services, (request, response) => this.#serve(request, response));
    this.#replicas = new Replicas(io, {
      replica: config.admin.replicaId || newReplicaId(),
      redis:
        config.redis.url === MEMORY_URL
          ? null
          : {
              url: config.redis.url,
              access: redisAccess(config),
              group: config.admin.group,
              commandTimeoutMs: config.redis.timeoutMs,
            },
      handlers: new LocalReplica({ ...services, version: packageVersion() }),
      logger,
      reportInternalError,
    });
    this.#requests = counter(metrics.registry, 'viaduct_admin_requests_total');
    gaugeAtScrape(metrics.registry, 'viaduct_replicas_connected', () => Number(this.#replicas.connected));
  }

  /** @throws ConfigError if it cannot listen on `ADMIN_PORT` */
  async open(): Promise<void> {
    await this.#ownPort?.listen();
    this.#replicas.open();
  }

  async close(): Promise<void> {
    this.#ownPort?.close();
    await this.#replicas.close();
  }

  /** Answers a request to `PORT` if it is for the API, and the API is on that port; returns whether it did. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#ownPort === null && this.#serve(request, response);
  }

  /** Answers a request if it is for the API; returns whether it was. */
  #serve(request: IncomingMessage, response: ServerResponse): boolean {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/su);
    if (path !== ADMIN_PATH && !path.startsWith(`${ADMIN_PATH}/`)) return false;
    if (!this.#page.handle(request, response)) void this.#handle(request, response, path, query);
    return true;
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<void> {
    const candidates = routesAt(path);
    const route = candidates.find(({ method }) => method === request.method);
    const name = (route ?? candidates[0])?.name ?? 'unknown';
    try {
      await this.#authorize(request);
      if (route === undefined) throw noRoute(path, candidates);
      const answer = await route.run({ peers: this.#replicas, request, rest: restOf(path, route), query });
      this.#requests.inc({ route: name, outcome: answer.complete ? 'ok' : 'incomplete' });
      this.#record(route, request, answer);
      sendJson(response, 200, answer);
    } catch (error) {
      const refusal = this.#refusal(error, name);
      this.#requests.inc({ route: name, outcome: outcomeOf(refusal) });
      const { code, message, status, headers } = refusal;
      sendJson(response, status, { error: { code, message } }, headers);
    }
  }

  /** @throws AdminError, after a delay, if the request does not have the token */
  async #authorize({ headers, socket }: IncomingMessage): Promise<void> {
    const address = socket.remoteAddress ?? '';
    const mayTry = this.#wrongTokens.mayTry(address);
    if (mayTry && this.#isAuthorized(headers.authorization)) return;
    this.#rateLimited.warn({ address }, 'refused a request to the admin API');
    if (!mayTry || !(await this.#wrongTokens.delay(address))) {
      throw new AdminError('throttled', 'too many requests came with a wrong token; try again in a second', {
        'retry-after': '1',
      });
    }
    throw new AdminError('unauthorized', 'send the header "Authorization: Bearer" with the ADMIN_TOKEN', {
      'www-authenticate': 'Bearer',
    });
  }

  /** The log records what operators changed, but not what they read. */
  #record(route: AdminRoute, { socket }: IncomingMessage, answer: AdminAnswer): void {
    if (route.method === 'GET') return;
    this.#services.logger.info({ operation: route.name, address: socket.remoteAddress, ...answer }, 'admin');
  }

  #refusal(error: unknown, route: string): AdminError {
    if (error instanceof AdminError) return error;
    this.#services.reportInternalError(error, { where: 'admin API', route });
    return new AdminError('internal', 'the gateway failed to do this; its log says why');
  }
}

/** Routes of that path, for any method. */
function routesAt(path: string): AdminRoute[] {
  return ADMIN_ROUTES.filter((route) => {
    const own = `${ADMIN_PATH}/${route.path}`;
    return route.takesId === true ? path.startsWith(`${own}/`) : path === own;
  });
}

function restOf(path: string, route: AdminRoute): string {
  return path.slice(`${ADMIN_PATH}/${route.path}/`.length);
}

function noRoute(path: string, candidates: readonly AdminRoute[]): AdminError {
  if (candidates.length === 0) {
    const there = ADMIN_ROUTES.map(({ method, path: own, takesId }) => {
      return `${method} ${ADMIN_PATH}/${own}${takesId === true ? '/<id>' : ''}`;
    });
    return new AdminError(
      'not_found',
      `there is nothing at ${path.slice(0, 100)}; use one of ${there.join(', ')}`,
    );
  }
  const allow = candidates.map(({ method }) => method).join(', ');
  return new AdminError('method_not_allowed', `use ${allow} here`, { allow });
}

function outcomeOf({ code }: AdminError): Outcome {
  if (code === 'unauthorized' || code === 'throttled' || code === 'not_found') return code;
  if (code === 'replica_missing') return 'incomplete';
  return code === 'internal' ? 'failed' : 'invalid';
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers?: Readonly<Record<string, string>>,
): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`, headers);
}

/** Names this run of the replica: after a restart on the same host it has another id. */
function newReplicaId(): string {
  const host = hostname().replaceAll(/[^\w.-]/gu, '-');
  return `${host.slice(0, MAX_HOST_LENGTH)}-${randomBytes(3).toString('hex')}`;
}
