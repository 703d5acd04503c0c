import type { Config } from '../config/config.js';
import { redisAccess } from '../config/redis-settings.js';
import { isDenied } from '../sources/redis/errors.js';
import { RedisLink } from '../sources/redis/link.js';
import { textOf } from '../sources/redis/text.js';
import { parseRedisUrl } from '../sources/redis/url.js';
import type { SourceLogger } from '../sources/source.js';

/** Receives what is published on the channels that match globs, until it loses its connection. Not for sharded channels. */
export class GlobSubscriber {
  readonly #link: RedisLink;
  #wasInterrupted = false;

  constructor(config: Config, logger: SourceLogger) {
    this.#link = new RedisLink({
      name: 'check',
      address: parseRedisUrl(config.redis.url, redisAccess(config)),
      commandTimeoutMs: config.redis.timeoutMs,
      logger,
      prepare: async () => {},
      changed: () => {
        if (!this.#link.up) this.#wasInterrupted = true;
      },
    });
  }

  /** Whether it lost its connection: it has received nothing since then. */
  get wasInterrupted(): boolean {
    return this.#wasInterrupted;
  }

  /**
   * Begins to listen. A message that matches several globs comes once for each.
   *
   * @returns the globs that Redis denies
   * @throws SourceError
   */
  async listen(
    globs: readonly string[],
    received: (glob: string, channel: string, text: string) => void,
  ): Promise<string[]> {
    this.#link.open();
    await this.#link.tried();
    await this.#link.run(async (client) => {
      client.on('pmessageBuffer', (glob: Buffer | string, channel: Buffer, bytes: Buffer) =>
        received(glob.toString(), channel.toString(), textOf(bytes)),
      );
    });
    const denied: string[] = [];
    for (const glob of globs) {
      try {
        await this.#link.run((client) => client.psubscribe(glob));
      } catch (error) {
        if (!isDenied(error)) throw error;
        denied.push(glob);
      }
    }
    return denied;
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}
