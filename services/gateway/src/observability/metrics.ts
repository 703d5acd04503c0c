import { Registry } from 'prom-client';
import type { Accounts } from '../admission/accounts.js';
import type { RefusalReason } from '../admission/handshake.js';
import { packageVersion } from '../config/version.js';
import type { WatchedChannel } from '../config/watched.js';
import type { ClientKind, TransportName } from '../delivery/connection.js';
import type { Hub, HubObserver } from '../delivery/hub.js';
import type { Queue } from '../delivery/messages.js';
import type { QueueBudget } from '../delivery/queue-budget.js';
import { HTTP_STATES, type HttpConnections, type HttpRefusal } from '../http/http-connections.js';
import type { Source, SourceConnection } from '../sources/source.js';
import { addAccounts } from './account-metrics.js';
import { addBusiest, addWatched } from './channel-metrics.js';
import { CommandMetrics } from './command-metrics.js';
import { Distribution } from './distribution.js';
import { LiveMetrics } from './live-metrics.js';
import { memoryLimit } from './memory-limit.js';
import { counter, gauge, gaugeAtScrape, gaugesAtScrape, histogram, histogramAtScrape } from './metric.js';
import type { PublishRefusal } from './metric-sections/commands.js';
import { COUNTED_CLOSE_CODES } from './metric-sections/connections.js';
import { METRICS } from './metric-table.js';
import { addProcessMetrics } from './process-metrics.js';
import { StateMetrics } from './state-metrics.js';
import { Tally } from './tally.js';

/** The metrics of one gateway. The table explains them; no label contains a client, or a channel that clients choose. */
export class GatewayMetrics implements HubObserver {
  readonly registry = new Registry();
  /** Subscriptions of all sessions; the sessions update it. */
  subscriptions = 0;
  /** Sessions whose queue is conflated; the sessions update it. */
  conflating = 0;
  /** Metrics of snapshots, recoveries and gaps. */
  readonly state = new StateMetrics(this.registry);
  readonly live = new LiveMetrics(this.registry, this.state);
  /** Errors that are sent to clients. */
  readonly errors = counter(this.registry, 'viaduct_errors_total');
  readonly #tally = new Tally(this.registry);
  readonly #published = counter(this.registry, 'viaduct_published_bytes_total');
  readonly #publishesRefused = counter(this.registry, 'viaduct_publishes_refused_total');
  readonly #commands = new CommandMetrics(this.registry);
  readonly #deliverySeconds = new Distribution(METRICS.viaduct_delivery_delay_seconds.buckets);
  readonly #closed = counter(this.registry, 'viaduct_connections_closed_total');
  readonly #refused = counter(this.registry, 'viaduct_connections_refused_total');
  readonly #invalid = counter(this.registry, 'viaduct_invalid_messages_total');
  readonly #unlocated = counter(this.registry, 'viaduct_unlocated_features_total');
  readonly #failures = counter(this.registry, 'viaduct_internal_failures_total');
  readonly #queueEvictions = counter(this.registry, 'viaduct_queue_evictions_total');
  readonly #overflows = counter(this.registry, 'viaduct_queue_overflows_total');
  readonly #resumed = counter(this.registry, 'viaduct_source_resumed_total');
  readonly #denied = counter(this.registry, 'viaduct_source_denied_channels_total');
  readonly #roundTrip = histogram(this.registry, 'viaduct_source_round_trip_seconds');
  readonly #tooSlow = counter(this.registry, 'viaduct_source_slow_subscriber_total');
  readonly #httpRefused = counter(this.registry, 'viaduct_http_connections_refused_total');
  readonly #handshakeTimeouts = counter(this.registry, 'viaduct_handshake_timeouts_total');

  constructor() {
    addProcessMetrics(this.registry);
    const build = { version: packageVersion(), node: process.versions.node };
    gauge(this.registry, 'viaduct_build_info').set(build, 1);
    gaugeAtScrape(this.registry, 'viaduct_memory_limit_bytes', () => memoryLimit());
    histogramAtScrape(this.registry, 'viaduct_delivery_delay_seconds', () => [
      { labels: {}, values: this.#deliverySeconds },
    ]);
    gaugeAtScrape(this.registry, 'viaduct_subscriptions', () => this.subscriptions);
    gaugeAtScrape(this.registry, 'viaduct_sessions_conflating', () => this.conflating);
  }

  /** Adds metrics that read source and hub at every scrape. */
  watch(
    source: Pick<Source, 'ready'>,
    hub: Pick<Hub, 'audienceCount' | 'channelCount' | 'traffic' | 'trafficOf'>,
    watched: readonly WatchedChannel[],
  ): void {
    gaugeAtScrape(this.registry, 'viaduct_source_ready', () => Number(source.ready));
    gaugeAtScrape(this.registry, 'viaduct_audiences', () => hub.audienceCount);
    gaugeAtScrape(this.registry, 'viaduct_channels', () => hub.channelCount);
    addBusiest(this.registry, hub);
    addWatched(this.registry, hub, watched);
  }

  /** Adds the gauge of HTTP connections. */
  watchHttp(connections: Pick<HttpConnections, 'count'>): void {
    gaugesAtScrape(this.registry, 'viaduct_http_connections', () =>
      HTTP_STATES.map((state) => ({ labels: { state }, value: connections.count(state) })),
    );
  }

  /** Adds a gauge that reads the queues of slow clients at every scrape. */
  watchQueues(queues: Pick<QueueBudget, 'bytes'>): void {
    gaugeAtScrape(this.registry, 'viaduct_slow_queue_bytes', () => queues.bytes);
  }

  /** Adds metrics of what API keys and tokens with limits use, which is read at every scrape. */
  watchAccounts(accounts: Pick<Accounts, 'keys' | 'uses'>): void {
    addAccounts(this.registry, accounts);
  }

  /** A session was closed because the queues of all slow clients together were too long. */
  queueEvicted(): void {
    this.#queueEvictions.inc();
  }

  commandDone(command: string, outcome: 'ok' | 'error', durationMs: number): void {
    this.#commands.done(command, outcome, durationMs);
  }

  /**
   * A client has published a message.
   *
   * @param bytes what it causes here
   */
  published(bytes: number): void {
    this.#published.inc(bytes);
  }

  publishRefused(reason: PublishRefusal): void {
    this.#publishesRefused.inc({ reason });
  }

  /** A queue was passed to one connection. */
  flushed(queue: Queue, now: number, transport: TransportName): void {
    this.#tally.deliveries[transport] += queue.count;
    this.#tally.bytes[transport] += queue.bytes;
    const { arrivedAt } = queue.first;
    if (queue.firstFlush() && arrivedAt !== null) this.#deliverySeconds.add((now - arrivedAt) / 1000);
  }

  overflowed(): void {
    this.#overflows.inc();
  }

  delivered(_channel: string, delivered: number, members: number, failed: number): void {
    this.#tally.messagesIn++;
    this.#tally.filtered += members - delivered - failed;
  }

  superseded(): void {
    this.#tally.superseded++;
  }

  viewChangeDelayed(): void {
    this.#tally.viewChangesDelayed++;
  }

  invalid(): void {
    this.#invalid.inc({ where: 'channel' });
  }

  invalidValue(): void {
    this.#invalid.inc({ where: 'hash' });
  }

  failed(): void {
    this.#failures.inc();
  }

  withheld(): void {
    this.state.withheld('channel');
  }

  unlocated(count: number): void {
    this.#unlocated.inc(count);
  }

  resumed(): void {
    this.#resumed.inc();
  }

  /** The source denies a channel that was subscribed. */
  channelDenied(): void {
    this.#denied.inc();
  }

  /** The source answered on one of its connections after `ms`. */
  sourceAnswered(connection: SourceConnection, ms: number): void {
    this.#roundTrip.observe({ connection }, ms / 1000);
  }

  /** The source ended a connection because this process read too slowly. */
  tooSlow(): void {
    this.#tooSlow.inc();
  }

  opened({ transport }: { transport: TransportName }): void {
    this.#tally.opened[transport]++;
  }

  closed({ transport }: { transport: TransportName }, code: number): void {
    this.#closed.inc({ transport, code: COUNTED_CLOSE_CODES.has(String(code)) ? code : 'other' });
    this.#tally.closed[transport]++;
  }

  refused(transport: ClientKind, reason: RefusalReason): void {
    this.#refused.inc({ transport, reason });
  }

  /** An HTTP connection was refused before its first request. */
  httpRefused(reason: HttpRefusal): void {
    this.#httpRefused.inc({ reason });
  }

  /** A connection was cut because it did not become a session in time: before its request was complete, or later. */
  handshakeTimedOut(stage: 'http' | 'raw' | 'socket.io'): void {
    this.#handshakeTimeouts.inc({ stage });
  }
}
