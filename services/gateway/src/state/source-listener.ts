import type { Logger } from 'pino';
import type { Hub } from '../delivery/hub.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { Source, SourceConnection, SourceEvents } from '../sources/source.js';
import type { StreamLoss } from '../sources/streams.js';
import type { GapRecovery } from './gaps.js';
import type { LiveChannels } from './live/live-channels.js';

/** How long the start waits for the source, in ms. After that, the gateway listens but is not ready. */
const FIRST_CONNECTION_MS = 2000;

export interface SourceListenerServices {
  hub: Hub;
  gaps: GapRecovery;
  live: Pick<LiveChannels, 'denied' | 'lost' | 'resumed' | 'takeNotification'>;
  metrics: GatewayMetrics;
  logger: Logger;
}

/** Handles the events of the source: passes messages to the hub, and faults to sessions, metrics and log. */
export class SourceListener implements SourceEvents {
  readonly #services: SourceListenerServices;
  #first: () => void = () => {};
  #kind: Source['kind'] | undefined;

  constructor(services: SourceListenerServices) {
    this.#services = services;
  }

  /** Starts the source, and waits briefly for its connection, so that it is ready for the first clients. */
  async start(source: Source): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      this.#first = resolve;
    });
    this.#kind = source.kind;
    await source.start(this);
    const timer = setTimeout(this.#first, FIRST_CONNECTION_MS);
    await ready;
    clearTimeout(timer);
  }

  message(channel: string, text: string, id?: string): void {
    if (!this.#services.live.takeNotification(channel)) this.#services.hub.deliver(channel, text, id);
  }

  lost(stream: string, reason: StreamLoss): void {
    const { metrics, logger, gaps, live } = this.#services;
    metrics.state.streamLost(reason);
    logger.warn({ stream, reason }, 'entries of a stream were lost before they could be read');
    gaps.lost(stream, reason);
    live.lost(stream);
  }

  denied(channel: string): void {
    const { hub, gaps, live, metrics } = this.#services;
    metrics.channelDenied();
    hub.denied(channel);
    gaps.denied(channel);
    live.denied(channel);
  }

  resumed(): void {
    this.#services.metrics.resumed();
    this.#services.gaps.resumed();
    this.#services.live.resumed();
  }

  tooSlow(): void {
    this.#services.metrics.tooSlow();
  }

  roundTrip(connection: SourceConnection, ms: number): void {
    this.#services.metrics.sourceAnswered(connection, ms);
  }

  state(ready: boolean): void {
    this.#services.logger.info({ source: this.#kind, ready }, 'source state changed');
    this.#first();
  }
}
