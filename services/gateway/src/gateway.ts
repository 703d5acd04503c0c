import { type Logger, pino } from 'pino';
import { type Admission, createAdmission } from './admission/admission.js';
import { HookRunner } from './auth/hooks.js';
import { builtins } from './commands/builtin/index.js';
import { ClientWork } from './commands/client-work.js';
import type { Command } from './commands/command.js';
import { loadCommands } from './commands/load-commands.js';
import { CommandRegistry } from './commands/registry.js';
import type { Config } from './config/config.js';
import { configFromOptions } from './config/from-options.js';
import { sourceOptions } from './config/source-options.js';
import { packageVersion } from './config/version.js';
import { warningsOf } from './config/warnings.js';
import { readWatched } from './config/watched.js';
import { featureKeys } from './delivery/conflation-key.js';
import { Flusher } from './delivery/flusher.js';
import { Hub } from './delivery/hub.js';
import { FeaturesApi } from './features-api/features-api.js';
import type { Gateway, GatewayOptions } from './gateway-options.js';
import { GatewayServer } from './http/gateway-server.js';
import { createRequestHandler, type Readiness, type RequestHandler } from './http/http.js';
import type { HttpRefusal } from './http/http-connections.js';
import { RequestTurns } from './http/request-turns.js';
import type { ReportInternalError } from './observability/errors.js';
import { observeHub } from './observability/hub-observer.js';
import { RateLimitedLogger } from './observability/logger.js';
import { GatewayMetrics } from './observability/metrics.js';
import { SessionLog } from './observability/session-log.js';
import { observeTransports } from './observability/transport-observer.js';
import { Admin } from './replicas/admin.js';
import { drain } from './replicas/drain.js';
import type { ReplicaEvents } from './replicas/events.js';
import { createLive } from './session/create-live.js';
import { createSessionServices } from './session/create-services.js';
import { IdleWatch } from './session/idle.js';
import type { SessionServices } from './session/services.js';
import { createSource, type Source } from './sources/index.js';
import { ChannelWatch } from './state/channel-watch.js';
import { GapRecovery } from './state/gaps.js';
import { HashReader } from './state/hash-reader.js';
import type { LiveChannels } from './state/live/live-channels.js';
import { LongWork } from './state/long-work.js';
import { ReadBudget } from './state/read-budget.js';
import { SourceListener } from './state/source-listener.js';
import { createTransports } from './transports/create-transports.js';
import { SOCKET_IO_PATH, type SocketIoTransport } from './transports/socket-io/transport.js';
import type { SseTransport } from './transports/sse/transport.js';
import type { TransportObserver } from './transports/transport.js';
import { Transports } from './transports/transports.js';
import { createWorkers, type Workers } from './workers/workers.js';

/**
 * Creates a gateway. Nothing happens before `start()`. `createGateway({ ...loadConfig(process.env) })` reads the
 * settings from the environment.
 *
 * @throws ConfigError that names every invalid option, and valid values
 */
export function createGateway(options: GatewayOptions): Gateway {
  return new ComposedGateway(options);
}

class ComposedGateway implements Gateway {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #rateLimited: RateLimitedLogger;
  readonly #metrics = new GatewayMetrics();
  readonly #source: Source;
  readonly #flusher = new Flusher((error) => this.#report(error, { where: 'flush' }));
  readonly #longWork = new LongWork(() => this.#flusher.flushGathered());
  readonly #clientWork = new ClientWork(() => this.#flusher.flushGathered());
  readonly #requestTurns = new RequestTurns(this.#clientWork, (...from) =>
    this.#admission.addressOf(...from),
  );
  /** Null if the main thread does all the work. */
  readonly #workers: Workers | null;
  readonly #hub: Hub;
  /** Memory for everything that is read for clients. */
  readonly #budget: ReadBudget;
  readonly #hashes: HashReader;
  readonly #live: LiveChannels;
  readonly #gaps = new GapRecovery(() => this.#transports.sessions.map(({ subscriptions }) => subscriptions));
  readonly #watch: ChannelWatch;
  readonly #listener: SourceListener;
  readonly #commands: readonly Command[];
  readonly #hooks: HookRunner;
  readonly handle: RequestHandler;
  readonly #server: GatewayServer;
  readonly #admission: Admission;
  readonly #transports = new Transports();
  #idle: IdleWatch | null = null;
  /** The admin API; null if it is off. */
  #admin: Admin | null = null;
  /** The HTTP API; null if it is off. */
  #features: FeaturesApi | null = null;
  #draining = false;
  #ended: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    const { commands = builtins, source, logger } = options;
    const config = configFromOptions(options);
    this.#config = config;
    this.#logger = logger ?? pino({ level: config.logLevel });
    this.#rateLimited = new RateLimitedLogger(this.#logger);
    this.#source = source ?? createSource(sourceOptions(config, this.#logger));
    this.#commands = commands;
    const { authenticate = null, hooks = {} } = options;
    this.#hooks = new HookRunner(authenticate, hooks, config.limits.handshakeTimeoutMs, this.#report);
    const observer = observeHub(this.#metrics, this.#rateLimited, this.#report);
    const { registry } = this.#metrics;
    this.#workers = createWorkers(config, {
      longWork: this.#longWork,
      registry,
      logger: this.#rateLimited,
      observer,
    });
    const watched = readWatched(config.watchChannels);
    const keyOf = featureKeys(config.delivery.featureIdProperty);
    const bigMessages = this.#workers?.bigMessages ?? null;
    this.#hub = new Hub(this.#source, observer, config.delivery.unsubscribeDelayMs, bigMessages, keyOf);
    this.#budget = new ReadBudget(config.limits.maxReadBytes, {
      evicted: () => this.#metrics.state.readEvicted(),
    });
    this.#hashes = new HashReader(this.#source, this.#budget, config.limits.maxSnapshotValues);
    this.#live = createLive(config, {
      hub: this.#hub,
      source: this.#source,
      hashes: this.#hashes,
      longWork: this.#longWork,
      placeWork: new LongWork(() => this.#flusher.flushGathered()),
      metrics: this.#metrics,
      rateLimited: this.#rateLimited,
      reportInternalError: this.#report,
    });
    this.#watch = new ChannelWatch(
      this.#hub,
      watched.map(({ channel }) => channel),
      this.#rateLimited,
    );
    this.#listener = new SourceListener({
      hub: this.#hub,
      gaps: this.#gaps,
      live: this.#live,
      metrics: this.#metrics,
      logger: this.#logger,
    });
    this.handle = createRequestHandler({
      metrics: this.#metrics,
      readiness: () => this.#readiness(),
      admin: (request, response) => this.#admin?.handle(request, response) ?? false,
      features: (request, response) => this.#features?.handle(request, response) ?? false,
    });
    this.#server = new GatewayServer(config, this.handle, options.server ?? null, {
      transportPath: SOCKET_IO_PATH,
      timedOut: () => this.#metrics.handshakeTimedOut('http'),
      turn: (request) => this.#requestTurns.begin(request),
      refused: (reason: HttpRefusal) => this.#metrics.httpRefused(reason),
    });
    this.#admission = createAdmission(config, () => {
      if (this.#draining) return 'draining';
      return this.#transports.size >= config.limits.maxConnections ? 'too_many_connections' : null;
    });
    this.#metrics.watchHttp(this.#server.connections);
    this.#metrics.watch(this.#source, this.#hub, watched);
    this.#metrics.live.watch(this.#live);
    this.#metrics.state.watch(this.#budget);
  }

  get metrics(): GatewayMetrics['registry'] {
    return this.#metrics.registry;
  }

  async start(): Promise<{ url: string }> {
    try {
      const services = await this.#services();
      const observer = observeTransports(this.#metrics, services.log, this.#hooks, this.#rateLimited);
      const events = this.#openTransports(services, observer);
      this.#features = await FeaturesApi.create(this.#config, {
        ...services,
        budget: this.#budget,
        admission: this.#admission,
        observer,
        events,
        requestTurns: this.#requestTurns,
      });
      await this.#admin?.open();
      await this.#listener.start(this.#source);
      this.#watch.open();
      await this.#server.open();
    } catch (error) {
      await this.close();
      throw error;
    }
    const { url } = this.#server;
    const { channels } = this.#config;
    this.#logger.info({ version: packageVersion(), url, channels, source: this.#source.kind }, 'listening');
    for (const warning of warningsOf(this.#config)) this.#logger.warn(warning);
    return { url };
  }

  close({ drainMs = 0 }: { drainMs?: number } = {}): Promise<void> {
    if (drainMs === 0 || this.#ended === undefined) this.#ended = this.#end(drainMs);
    return this.#ended;
  }

  async #end(drainMs: number): Promise<void> {
    this.#draining = true;
    const { connections } = this.#transports;
    const { peers } = this.#config;
    this.#logger.info({ connections: connections.length, drainMs }, 'closing');
    const cutShort = (): void => this.#logger.info({ peers }, 'no other gateway is ready; closing at once');
    await drain(connections, { drainMs, peers, cutShort });
    await this.#requestTurns.served();
    await this.#transports.goneOrTimeout();
    this.#idle?.close();
    this.#watch.close();
    this.#gaps.close();
    this.#live.close();
    this.#hub.close();
    const closing = this.#transports.close();
    this.#server.close();
    await Promise.all([closing, this.#admin?.close(), this.#source.close(), this.#workers?.close()]);
  }

  async #services(): Promise<SessionServices> {
    const commands = [...this.#commands, ...(await loadCommands(this.#config.commandModules))];
    return createSessionServices(this.#config, {
      hub: this.#hub,
      source: this.#source,
      budget: this.#budget,
      hashes: this.#hashes,
      live: this.#live,
      bigSnapshots: this.#workers?.bigSnapshots ?? null,
      registry: new CommandRegistry(commands, (command) =>
        this.#logger.warn({ command }, 'a custom command replaces the built-in one'),
      ),
      hooks: this.#hooks,
      metrics: this.#metrics,
      longWork: this.#longWork,
      flusher: this.#flusher,
      clientWork: this.#clientWork,
      reportInternalError: this.#report,
      log: SessionLog.create(this.#logger),
      rateLimited: this.#rateLimited,
    });
  }

  /** Opens all transports, and returns the one that the HTTP API hands requests to. */
  #openTransports(services: SessionServices, observer: TransportObserver): SseTransport {
    const { socketIo, raw, events } = createTransports<ReplicaEvents>(this.#server.own, this.#config, {
      services,
      observer,
      admission: this.#admission,
    });
    this.#transports.add(socketIo, raw, events);
    this.#server.limit();
    this.#idle = new IdleWatch(this.#config.limits.idleTimeoutMs, () => this.#transports.sessions);
    if (this.#config.admin.token !== '') this.#createAdmin(socketIo.io);
    return events;
  }

  #createAdmin(io: SocketIoTransport<ReplicaEvents>['io']): void {
    this.#admin = new Admin(this.#config, {
      io,
      longWork: this.#longWork,
      hub: this.#hub,
      metrics: this.#metrics,
      requestTurns: this.#requestTurns,
      httpConnections: this.#server.connections,
      logger: this.#logger,
      sessions: () => this.#transports.sessions,
      readiness: () => this.#readiness(),
      reportInternalError: this.#report,
    });
  }

  #readiness(): Readiness {
    return {
      ready: this.#source.ready && !this.#draining,
      source: this.#source.kind,
      sourceReady: this.#source.ready,
      draining: this.#draining,
    };
  }

  /** Counts and logs an error that no client caused. */
  readonly #report: ReportInternalError = (error, context) => {
    this.#metrics.failed();
    this.#logger.error({ err: error, ...context }, 'internal failure');
  };
}
