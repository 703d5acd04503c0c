import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Accounts } from '../admission/accounts.js';
import type { Admission } from '../admission/admission.js';
import { createProxyCheck } from '../admission/client-address.js';
import type { HandshakeObserver } from '../admission/handshake.js';
import type { Authenticator } from '../auth/authenticator.js';
import { allowsAnyOrigin } from '../auth/origins.js';
import type { ClientWork } from '../commands/client-work.js';
import type { Config } from '../config/config.js';
import type { RequestHandler } from '../http/http.js';
import { readQuery } from '../http/query.js';
import type { RequestTurns } from '../http/request-turns.js';
import type { ReportInternalError } from '../observability/errors.js';
import { counter } from '../observability/metric.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { SessionServices } from '../session/services.js';
import type { SseTransport } from '../transports/sse/transport.js';
import { Access, hasGone } from './access.js';
import { send } from './answer.js';
import { Collections } from './collections.js';
import { CrossOrigin, METHODS } from './cross-origin.js';
import { chooseRepresentation, ownLinks, wantedStream } from './formats.js';
import { Addresses } from './links.js';
import { Problem, problemOf } from './problem.js';
import { Resources, type ResourcesServices } from './resources.js';
import type { Environment, Request, Route } from './route.js';
import { Streams } from './streams.js';

/** Parameters that every resource has. */
const COMMON_PARAMETERS = ['f', 'token', 'key'];

/** Only items are also endless answers, which have limits of their own. */
const ITEMS_PATH = /\/collections\/[^/]+\/items\/?$/u;

/** Request headers that an answer depends on. */
const VARY = 'Accept, Accept-Encoding, Authorization, X-API-Key';

export interface FeaturesApiServices extends ResourcesServices {
  readonly events: SseTransport;
  readonly admission: Pick<Admission, 'addressOf'>;
  readonly accounts: Accounts;
  readonly usedRates: SessionServices['usedRates'];
  readonly clientWork: ClientWork;
  readonly requestTurns: RequestTurns;
  readonly limits: SessionServices['limits'];
  readonly metrics: GatewayMetrics;
  readonly observer: HandshakeObserver;
  readonly reportInternalError: ReportInternalError;
}

/** The read-only HTTP API: OGC API - Features, Part 1 and Part 2. */
export class FeaturesApi {
  readonly #path: string;
  readonly #access: Access;
  readonly #authenticator: Pick<Authenticator, 'allowsOrigin' | 'isForAnybody'>;
  readonly #accounts: Accounts;
  readonly #crossOrigin: CrossOrigin;
  readonly #vary: string;
  readonly #clientWork: ClientWork;
  readonly #requests;
  readonly #isProxy: (remote: string | undefined) => boolean;
  readonly #report: ReportInternalError;
  readonly #streams: Streams;
  readonly #listener: (request: IncomingMessage, response: ServerResponse) => unknown;

  private constructor(path: string, config: Config, resources: Resources, services: FeaturesApiServices) {
    this.#path = path;
    this.#access = new Access(services);
    this.#authenticator = services.authenticator;
    this.#accounts = services.accounts;
    this.#requests = counter(services.metrics.registry, 'viaduct_http_api_requests_total');
    this.#isProxy = createProxyCheck(config.limits.trustedProxies);
    this.#report = services.reportInternalError;
    this.#streams = new Streams(resources, services.events);
    this.#crossOrigin = new CrossOrigin(
      allowsAnyOrigin(config.auth.allowedOrigins)
        ? null
        : (origin) => this.#authenticator.allowsOrigin(origin),
    );
    this.#vary = this.#crossOrigin.varies ? `${VARY}, Origin` : VARY;
    this.#clientWork = services.clientWork;
    const { fetch } = this.#application(resources.routes);
    this.#listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  }

  /**
   * The API that the settings ask for; null if it is off.
   *
   * @throws ConfigError if a setting cannot be used
   */
  static async create(config: Config, services: FeaturesApiServices): Promise<FeaturesApi | null> {
    const { path } = config.httpApi;
    if (path === 'off') return null;
    return new FeaturesApi(path, config, new Resources(await Collections.create(config), services), services);
  }

  /** Answers a request if it is for the API; returns whether it is. */
  readonly handle: RequestHandler = (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path !== this.#path && path?.startsWith(`${this.#path}/`) !== true) return false;
    this.#clientWork.measure();
    void this.#listener(request, response);
    return true;
  };

  #application(routes: readonly Route[]): Hono<Environment> {
    const app = new Hono<Environment>({ strict: false });
    app.use(async (context, next) => {
      await next();
      const resource = context.get('resource') ?? 'unknown';
      const { incoming, outgoing } = context.env;
      // Nobody was answered.
      if (!outgoing.headersSent && hasGone(incoming, outgoing)) return;
      const status = outgoing.headersSent ? outgoing.statusCode : context.res.status;
      this.#requests.inc({ resource, status: String(status) });
    });
    app.options('*', this.#crossOrigin.preflight);
    app.use(async (context, next) => {
      if (!METHODS.includes(context.req.method))
        throw new Problem(405, `use ${METHODS.join(', ')} here`, { allow: METHODS.join(', ') });
      const { incoming, outgoing } = context.env;
      const url = new URL(context.req.url);
      const isItems = incoming.method === 'GET' && ITEMS_PATH.test(context.req.path);
      const stream = isItems ? wantedStream(incoming.headers.accept, url.searchParams) : null;
      const caller = await this.#access.enter(incoming, outgoing, stream !== null);
      if (caller === null) return RESPONSE_ALREADY_SENT;
      context.set('url', url);
      context.set('stream', stream);
      context.set('caller', caller);
      return next();
    });
    for (const route of routes) {
      app.get(this.#path + route.path, (context) => this.#serve(route, context));
    }
    app.notFound(() => {
      throw new Problem(404, `nothing is here; ${this.#path} has links to everything`);
    });
    app.onError((error, context) => this.#refuse(error, this.#crossOriginHeaders(context)));
    return app;
  }

  async #serve(route: Route, context: Request): Promise<Response> {
    context.set('resource', route.resource);
    const { req } = context;
    const url = context.get('url');
    const scheme = req.header('x-forwarded-proto');
    if (scheme === 'https' || scheme === 'http') {
      if (this.#isProxy(context.env.incoming.socket.remoteAddress)) url.protocol = scheme;
    }
    const parameters = readQuery(
      url.searchParams,
      [...route.parameters, ...COMMON_PARAMETERS],
      (message) => new Problem(400, message),
    );
    const stream = context.get('stream');
    const headers = this.#crossOriginHeaders(context);
    if (stream !== null) return this.#streams.open(context, stream, parameters, headers);
    const { types, formats } = route;
    const representation = chooseRepresentation(req.header('accept'), parameters.get('f'), types, formats);
    const addresses = new Addresses(url, this.#path);
    const answer = await route.answer({
      context,
      caller: context.get('caller'),
      isPublic: this.#authenticator.isForAnybody(context.get('caller').grant),
      addresses,
      parameters,
      representation,
      own: ownLinks(addresses, representation, types[0], formats),
    });
    const { incoming, outgoing } = context.env;
    if (hasGone(incoming, outgoing)) return RESPONSE_ALREADY_SENT;
    const sent = await send(outgoing, answer, { vary: this.#vary, ...headers });
    this.#accounts.sent(context.get('caller').grant, sent);
    return RESPONSE_ALREADY_SENT;
  }

  #crossOriginHeaders({ env }: Request): Record<string, string> {
    return this.#crossOrigin.headersFor(env.incoming.headers.origin ?? '');
  }

  #refuse(error: unknown, crossOrigin: Readonly<Record<string, string>>): Response {
    const problem = problemOf(error);
    if (problem === null) this.#report(error, { where: 'HTTP API', transport: 'http' });
    const { status, headers, document } =
      problem ?? new Problem(500, 'the gateway failed to do this; its log says why');
    const body = `${JSON.stringify(document)}\n`;
    return new Response(body, {
      status,
      headers: {
        ...headers,
        ...crossOrigin,
        ...(this.#crossOrigin.varies && { vary: 'Origin' }),
        'content-length': String(Buffer.byteLength(body)),
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  }
}
