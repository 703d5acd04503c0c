import { GeoMessage } from '@viaduct/geo-worker';
import { CommandError } from '@viaduct/protocol';
import type { SessionAccess } from '../auth/session-access.js';
import type { SessionRates } from '../commands/session-rates.js';
import type { Config } from '../config/config.js';
import type { Source } from '../sources/source.js';

export interface PublishLimits {
  /** False if no client may publish, regardless of its token. */
  enabled: boolean;
  /** Longest message, in bytes of UTF-8. */
  maxBytes: number;
  /** Most messages that one session may publish in a second, and in one burst. */
  perSecond: number;
}

export function publishLimits(config: Config): PublishLimits {
  return {
    enabled: config.publishChannels.length > 0,
    maxBytes: config.limits.maxPublishBytes,
    perSecond: config.limits.maxPublishesPerSecond,
  };
}

/** Publishes for one session, within its permissions. */
export class Publisher {
  readonly #source: Pick<Source, 'publish' | 'streams'>;
  readonly #limits: PublishLimits;
  readonly #access: Pick<SessionAccess, 'mayPublish' | 'area'>;
  readonly #rates: Pick<SessionRates, 'takePublish'>;

  constructor(
    source: Pick<Source, 'publish' | 'streams'>,
    limits: PublishLimits,
    access: Pick<SessionAccess, 'mayPublish' | 'area'>,
    rates: Pick<SessionRates, 'takePublish'>,
  ) {
    this.#rates = rates;
    this.#source = source;
    this.#limits = limits;
    this.#access = access;
  }

  /**
   * Publishes JSON text. Resolves when the source has it.
   *
   * @param agree the last check, with the parsed message; refuses the message by throwing
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
    this.#checkSize(json);
    const message = parse(json);
    this.#checkArea(channel, message);
    await agree?.(message.value);
    await this.#source.publish(channel, json);
  }

  #checkAllowed(channel: string): void {
    if (!this.#limits.enabled) {
      throw new CommandError(
        'publish_disabled',
        'clients cannot publish through this gateway; ask the operator to allow it',
      );
    }
    if (this.#source.streams.has(channel))
      throw notAllowed(channel, 'is a stream, to which clients cannot publish');
    if (!this.#access.mayPublish(channel)) throw notAllowed(channel, 'is not open to you for publishing');
  }

  #checkRate(): void {
    if (this.#rates.takePublish(performance.now())) return;
    throw new CommandError(
      'rate_limited',
      `a session may publish ${this.#limits.perSecond} messages per second; wait, then try again`,
    );
  }

  #checkSize(json: string): void {
    const bytes = Buffer.byteLength(json);
    const { maxBytes } = this.#limits;
    if (bytes <= maxBytes) return;
    throw new CommandError(
      'message_too_big',
      `the message has ${bytes} bytes; it may have at most ${maxBytes}`,
    );
  }

  /** A session may publish only content that it could also receive. */
  #checkArea(channel: string, message: GeoMessage): void {
    const { area } = this.#access;
    if (area === null || message.within(area) === message) return;
    throw notAllowed(channel, 'does not accept features outside your area');
  }
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
