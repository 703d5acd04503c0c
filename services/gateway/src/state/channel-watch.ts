import type { Hub } from '../delivery/hub.js';
import type { RateLimitedLogger } from '../observability/logger.js';

/** The time between two attempts to subscribe to channels without a subscription, in ms. */
const RETRY_MS = 5_000;

/**
 * Keeps the gateway subscribed to the channels of WATCH_CHANNELS, with or without clients, so that their traffic is always
 * known. Subscriptions that fail are tried again.
 */
export class ChannelWatch {
  readonly #hub: Pick<Hub, 'watch'>;
  readonly #channels: readonly string[];
  readonly #logger: RateLimitedLogger;
  #timer: NodeJS.Timeout | undefined;

  constructor(hub: Pick<Hub, 'watch'>, channels: readonly string[], logger: RateLimitedLogger) {
    this.#hub = hub;
    this.#channels = channels;
    this.#logger = logger;
  }

  open(): void {
    if (this.#channels.length === 0) return;
    this.#watch();
    this.#timer = setInterval(() => this.#watch(), RETRY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #watch(): void {
    for (const channel of this.#channels) {
      this.#hub.watch(channel).catch((error: unknown) => {
        this.#logger.warn({ channel, error: String(error) }, 'cannot watch a channel; trying again');
      });
    }
  }
}
