import { SourceError } from '../../sources/source.js';
import type { LiveServices } from './live-services.js';

/** Wait before another attempt to subscribe, in ms. */
const RETRY_MS = 5_000;

/** Follows the source's reports that one hash has changed, and has the hash read again, but not too often. */
export class Notifications {
  readonly channel: string;
  readonly #services: Pick<LiveServices, 'notifyMs' | 'source'>;
  readonly #read: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /**
   * @param channel on which the source reports changes
   * @param read reads the hash; called once more if it changes meanwhile
   */
  constructor(
    channel: string,
    services: Pick<LiveServices, 'notifyMs' | 'source'>,
    read: () => Promise<void>,
  ) {
    this.channel = channel;
    this.#services = services;
    this.#read = read;
  }

  /** Resolves when the source reports changes. If it cannot be asked to, resolves too, and tries again later. */
  async open(): Promise<void> {
    if (this.#closed) return;
    try {
      // If it is closed meanwhile, its unsubscribe follows at once, before the subscribe of a successor.
      await this.#services.source.subscribe(this.channel);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      this.denied();
    }
  }

  /** The source no longer reports changes: tries again later. */
  denied(): void {
    setTimeout(() => void this.#openAgain(), RETRY_MS).unref();
  }

  /** The hash has changed. */
  changed(): void {
    if (this.#timer !== undefined || this.#closed) return;
    const wait = Math.max(0, this.#readAt + this.#services.notifyMs - performance.now());
    this.#timer = setTimeout(() => void this.#readNow(), wait).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    void this.#services.source.unsubscribe(this.channel);
  }

  async #openAgain(): Promise<void> {
    await this.open();
    // It may have changed meanwhile.
    this.changed();
  }

  async #readNow(): Promise<void> {
    this.#timer = undefined;
    this.#readAt = performance.now();
    await this.#read();
  }
}
