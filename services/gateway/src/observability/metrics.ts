import { CLOSE_CODES, ERROR_CODES } from '@viaduct/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { REFUSALS, type Refusal } from '../admission/admission.js';
import { ACCESS_REFUSALS, type AccessRefusalReason } from '../auth/refusal.js';
import type { TransportName } from '../delivery/connection.js';
import type { Hub, HubObserver } from '../delivery/hub.js';
import type { Queue } from '../delivery/messages.js';
import type { Source } from '../sources/source.js';
import { StateMetrics } from './state-metrics.js';
import { Tally } from './tally.js';

const TRANSPORTS: readonly TransportName[] = ['raw', 'socket.io'];

/** Seconds. From a lone message that leaves at once to a client that reads slowly. */
const DELAY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const KNOWN_CLOSE_CODES = new Set<number>([
  ...Object.values(CLOSE_CODES).map(({ code }) => code),
  1001, // the browser left the page
  1005, // closed without a code
  1006, // the connection broke
]);

/** Every series of the gateway. Labels have few values, all known beforehand; channels and clients are none. */
export class GatewayMetrics implements HubObserver {
  readonly registry = new Registry();
  /** Subscriptions of all sessions together; kept by the sessions. */
  subscriptions = 0;
  /** Sessions whose queue is conflated; kept by the sessions. */
  conflating = 0;
  /** How clients are brought up to date. */
  readonly state = new StateMetrics(this.registry);
  /** Errors told to clients. */
  readonly errors: Counter<'code'>;
  readonly #tally = new Tally();
  readonly #commands: Counter<'command' | 'outcome'>;
  readonly #commandSeconds: Histogram<'command'>;
  readonly #deliverySeconds: Histogram;
  readonly #connections: Gauge<'transport'>;
  readonly #opened: Counter<'transport'>;
  readonly #closed: Counter<'transport' | 'code'>;
  readonly #refused: Counter<'transport' | 'reason'>;
  readonly #invalid: Counter<'where'>;
  readonly #unlocated: Counter;
  readonly #failures: Counter;
  readonly #overflows: Counter;
  readonly #resumed: Counter;
  readonly #tooSlow: Counter;
  readonly #handshakeTimeouts: Counter<'stage'>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.errors = new Counter({
      name: 'viaduct_errors_total',
      help: 'Errors told to clients, by error code.',
      labelNames: ['code'],
      registers,
    });
    for (const code of Object.keys(ERROR_CODES)) this.errors.inc({ code }, 0);
    this.#commands = new Counter({
      name: 'viaduct_commands_total',
      help: 'Commands carried out (ok) or refused (error), by name; "unknown" where there is no such command.',
      labelNames: ['command', 'outcome'],
      registers,
    });
    this.#commandSeconds = new Histogram({
      name: 'viaduct_command_duration_seconds',
      help: 'Time from taking a command in hand to its end.',
      labelNames: ['command'],
      buckets: [0.0005, ...DELAY_BUCKETS],
      registers,
    });
    this.#deliverySeconds = new Histogram({
      name: 'viaduct_delivery_delay_seconds',
      help:
        'Time from the arrival of a message to its being handed to the connections. ' +
        'One observation for the oldest message of each distinct portion, however many connections get it.',
      buckets: DELAY_BUCKETS,
      registers,
    });
    this.#connections = new Gauge({
      name: 'viaduct_connections',
      help: 'Open connections, by transport.',
      labelNames: ['transport'],
      registers,
    });
    this.#opened = this.#byTransport('viaduct_connections_opened_total', 'Connections that became sessions.');
    for (const transport of TRANSPORTS) this.#connections.set({ transport }, 0);
    this.#closed = new Counter({
      name: 'viaduct_connections_closed_total',
      help: 'Connections that ended, by transport and close code; "other" for codes that clients make up.',
      labelNames: ['transport', 'code'],
      registers,
    });
    this.#refused = new Counter({
      name: 'viaduct_connections_refused_total',
      help: 'Connections turned away before they became sessions, by transport and reason.',
      labelNames: ['transport', 'reason'],
      registers,
    });
    for (const transport of TRANSPORTS) {
      for (const code of KNOWN_CLOSE_CODES) this.#closed.inc({ transport, code }, 0);
      for (const reason of [...Object.keys(REFUSALS), ...Object.keys(ACCESS_REFUSALS)])
        this.#refused.inc({ transport, reason }, 0);
    }
    this.#invalid = new Counter({
      name: 'viaduct_invalid_messages_total',
      help: 'Messages (channel) and values (hash) that are no JSON and were left out.',
      labelNames: ['where'],
      registers,
    });
    for (const where of ['channel', 'hash']) this.#invalid.inc({ where }, 0);
    this.#unlocated = this.#counter(
      'viaduct_unlocated_features_total',
      'Features sent without geometry because they have no place in the CRS of an audience.',
    );
    this.#failures = this.#counter('viaduct_internal_failures_total', 'Defects: each has a line in the log.');
    this.#overflows = this.#counter(
      'viaduct_queue_overflows_total',
      'Sessions closed because what waited for them passed the hard limit, or memory for long answers was short.',
    );
    this.#resumed = this.#counter(
      'viaduct_source_resumed_total',
      'Times that the source came back with all subscriptions; messages may have been missed before.',
    );
    this.#tooSlow = this.#counter(
      'viaduct_source_slow_subscriber_total',
      'Times that the source ended a connection because this gateway read too slowly; messages were lost.',
    );
    this.#handshakeTimeouts = new Counter({
      name: 'viaduct_handshake_timeouts_total',
      help: 'Connections cut because the HTTP request (http) or the session on it (socket.io) was not there in time.',
      labelNames: ['stage'],
      registers,
    });
    for (const stage of ['http', 'socket.io']) this.#handshakeTimeouts.inc({ stage }, 0);
    this.gauge('viaduct_subscriptions', 'Subscriptions of all sessions together.', () => this.subscriptions);
    this.gauge(
      'viaduct_sessions_conflating',
      'Sessions that read so slowly that only the newest message of each feature waits for them.',
      () => this.conflating,
    );
    this.#tally.expose(this.registry);
  }

  /** Adds a gauge whose value is asked for at every scrape. */
  gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }

  /** Adds gauges of what the parts hold at every scrape. */
  watch(source: Pick<Source, 'ready'>, hub: Pick<Hub, 'audienceCount' | 'channelCount'>): void {
    this.gauge('viaduct_source_ready', '1 while the source answers.', () => Number(source.ready));
    this.gauge(
      'viaduct_audiences',
      'Audiences: groups of sessions of one channel that get the same bytes.',
      () => hub.audienceCount,
    );
    this.gauge('viaduct_channels', 'Channels subscribed in the source.', () => hub.channelCount);
  }

  commandDone(command: string, outcome: 'ok' | 'error', durationMs: number): void {
    this.#commands.inc({ command, outcome });
    this.#commandSeconds.observe({ command }, durationMs / 1000);
  }

  /** A queue was handed to one connection. */
  flushed(queue: Queue, now: number, transport: TransportName): void {
    this.#tally.deliveries[transport] += queue.count;
    this.#tally.bytes[transport] += queue.bytes;
    if (queue.firstFlush()) this.#deliverySeconds.observe((now - queue.first.arrivedAt) / 1000);
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

  unlocated(count: number): void {
    this.#unlocated.inc(count);
  }

  resumed(): void {
    this.#resumed.inc();
  }

  /** The source has ended a connection because this process read too slowly. */
  tooSlow(): void {
    this.#tooSlow.inc();
  }

  opened(transport: TransportName): void {
    this.#opened.inc({ transport });
    this.#connections.inc({ transport });
  }

  closed(transport: TransportName, code: number): void {
    this.#closed.inc({ transport, code: KNOWN_CLOSE_CODES.has(code) ? code : 'other' });
    this.#connections.dec({ transport });
  }

  refused(transport: TransportName, reason: Refusal | AccessRefusalReason): void {
    this.#refused.inc({ transport, reason });
  }

  /** A connection was cut that did not become a session in time: before its request was whole, or after. */
  handshakeTimedOut(stage: 'http' | 'socket.io'): void {
    this.#handshakeTimeouts.inc({ stage });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  #byTransport(name: string, help: string): Counter<'transport'> {
    const counter = new Counter({ name, help, labelNames: ['transport'], registers: [this.registry] });
    for (const transport of TRANSPORTS) counter.inc({ transport }, 0);
    return counter;
  }
}
