/** How the subscription of a channel begins and ends in Redis. */
export interface ChannelCommands {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
}

/** The channels to keep subscribed: those with a confirmed subscription that has not ended. */
export class KeptChannels extends Set<string> {
  readonly #commands: ChannelCommands;

  constructor(commands: ChannelCommands) {
    super();
    this.#commands = commands;
  }

  /** See `Source.subscribe`; calls for one channel must not overlap. */
  async subscribe(channel: string): Promise<void> {
    try {
      await this.#commands.subscribe(channel);
      this.add(channel);
    } catch (error) {
      // A Redis that hangs may still execute the command later.
      if (!this.has(channel)) this.#commands.unsubscribe(channel).catch(() => {});
      throw error;
    }
  }

  /** See `Source.unsubscribe`; calls for one channel must not overlap. */
  async unsubscribe(channel: string): Promise<void> {
    this.delete(channel);
    // If the connection fails, its subscriptions end; if Redis hangs, it executes the command later.
    await this.#commands.unsubscribe(channel).catch(() => {});
  }
}
