import { GeoMessage } from '@viaduct/geo-worker';
import { CommandError } from '@viaduct/protocol';
import type { SharedRate } from '../admission/shared-rate.js';
import type { SessionAccess } from '../auth/session-access.js';
import type { SessionRates } from '../commands/session-rates.js';
import type { Config } from '../config/config.js';
import type { Hub } from '../delivery/hub.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { Source } from '../sources/source.js';

/** Approximate size of an envelope and its frame without the published message, in bytes. */
const ENVELOPE_BYTES = 128;

export interface PublishLimits {
  /** False if no client may publish, regardless of its token. */
  enabled: boolean;
  /** Longest message, in bytes of UTF-8. */
  maxBytes: number;
  /** The most messages that one session may publish in a second, and in one burst. */
  perSecond: number;
}

export function publishLimits(config: Config): PublishLimits {
  return {
    enabled: config.publishChannels.length > 0,
    maxBytes: config.limits.maxPublishBytes,
    perSecond: config.limits.maxPublishesPerSecond,
  };
}

/** What the publishers of a gateway share. */
export interface PublisherServices {
  readonly source: Pick<Source, 'publish' | 'streams'>;
  readonly hub: Pick<Hub, 'receiversOf'>;
  readonly publish: PublishLimits;
  /** The bytes that published messages cause; null if they are not limited. */
  readonly publishedBytes: SharedRate | null;
  readonly metrics: Pick<GatewayMetrics, 'published' | 'publishRefused'>;
}

/** The session that publishes. */
export interface PublishingClient {
  readonly access: Pick<SessionAccess, 'mayPublish' | 'area'>;
  readonly rates: Pick<SessionRates, 'takePublish'>;
  readonly session: { readonly network: string };
}

/** Publishes for one session, within its permissions. */
export class Publisher {
  readonly #services: PublisherServices;
  readonly #client: PublishingClient;

  constructor(services: PublisherServices, client: PublishingClient) {
    this.#services = services;
    this.#client = client;
  }

  /**
   * Publishes JSON text. Resolves when the source has it.
   *
   * @param agree makes the last check, with the parsed message; throws to refuse it
   * @throws CommandError `publish_disabled`, `not_allowed`, `rate_limited`, `message_too_big` or `invalid_json`
   * @throws SourceError `source_unavailable`; the source may still have received the message
   */
  async publish(
    channel: string,
    json: string,
    agree: ((content: unknown) => Promise<void>) | null = null,
  ): Promise<void> {
    this.#checkAllowed(channel);
    this.#checkRate();
    const bytes = this.#checkSize(json);
    // Before the message is parsed, so that refusing a flood of messages costs little.
    this.#checkShare();
    const message = parse(json);
    this.#checkArea(channel, message);
    const caused = this.#spend(channel, message, bytes);
    await agree?.(message.value);
    await this.#services.source.publish(channel, json);
    this.#services.metrics.published(caused);
  }

  #checkAllowed(channel: string): void {
    const { publish, source } = this.#services;
    if (!publish.enabled) {
      throw new CommandError(
        'publish_disabled',
        'clients cannot publish through this gateway; ask the operator to allow it',
      );
    }
    if (!this.#client.access.mayPublish(channel))
      throw notAllowed(channel, 'is not open to you for publishing');
    // Only now: a client that may not use a channel must not learn whether it is a stream.
    if (source.streams.has(channel))
      throw notAllowed(channel, 'is a stream, to which clients cannot publish');
  }

  #checkRate(): void {
    if (this.#client.rates.takePublish(performance.now())) return;
    const { publish, metrics } = this.#services;
    metrics.publishRefused('messages');
    throw new CommandError(
      'rate_limited',
      `a session may publish ${publish.perSecond} messages per second; wait, then try again`,
    );
  }

  #checkSize(json: string): number {
    const bytes = Buffer.byteLength(json);
    const { maxBytes } = this.#services.publish;
    if (bytes <= maxBytes) return bytes;
    throw new CommandError(
      'message_too_big',
      `the message has ${bytes} bytes; it may have at most ${maxBytes}`,
    );
  }

  #checkShare(): void {
    const { publishedBytes } = this.#services;
    const { network } = this.#client.session;
    if (publishedBytes?.admits(network, performance.now()) === false) this.#refuse(publishedBytes);
  }

  /** A session may publish only content that it could also receive. */
  #checkArea(channel: string, message: GeoMessage): void {
    const { area } = this.#client.access;
    if (area === null || message.within(area) === message) return;
    throw notAllowed(channel, 'does not accept features outside your area');
  }

  /**
   * Charges what the message will cause: its envelopes, for each receiver here.
   *
   * @returns the bytes
   */
  #spend(channel: string, message: GeoMessage, bytes: number): number {
    const { hub, publishedBytes } = this.#services;
    const receivers = Math.max(1, hub.receiversOf(channel, message));
    const caused = receivers * (bytes + envelopesOf(message) * ENVELOPE_BYTES);
    const { network } = this.#client.session;
    if (publishedBytes?.take(network, caused, performance.now()) === false) this.#refuse(publishedBytes);
    return caused;
  }

  #refuse({ perSecond }: SharedRate): never {
    this.#services.metrics.publishRefused('bytes');
    throw new CommandError(
      'rate_limited',
      `all clients together may cause ${perSecond} bytes per second here with what they publish, counted for each receiver, and your address has used its share; wait, or publish fewer or shorter messages`,
    );
  }
}

/** Live views get each feature of a collection in an envelope of its own. */
function envelopesOf({ value }: GeoMessage): number {
  const features = (value as { features?: unknown } | null)?.features;
  return Array.isArray(features) ? Math.max(1, features.length) : 1;
}

function parse(json: string): GeoMessage {
  try {
    return GeoMessage.parse(json);
  } catch {
    throw new CommandError('invalid_json', 'the message is not JSON; write text in quotes');
  }
}

function notAllowed(channel: string, why: string): CommandError {
  return new CommandError('not_allowed', `"${channel.slice(0, 100)}" ${why}; ask the operator to allow it`);
}
