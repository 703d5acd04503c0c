import { CommandError } from '@viaduct/protocol';
import { networkOf } from '../admission/client-address.js';

/** One address may add this share of a channel's views, so that it cannot use up all of them. */
const SHARE_OF_ADDRESS = 1 / 4;

/** One view of a channel. */
interface Shared {
  sessions: number;
  /** The network of the client that added it. */
  readonly addedBy: string;
}

/**
 * The distinct views in which the messages of each channel are sent, by CRS, axis order and precision. Each may cost work
 * for every message, so their number is limited.
 */
export class ChannelViews {
  readonly #max: number;
  readonly #channels = new Map<string, Map<string, Shared>>();

  /** @param max the most views of one channel; 0 for no limit */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Adds a session to a view of a channel.
   *
   * @param address of the client
   * @throws CommandError `too_many_views`
   */
  enter(channel: string, view: string, address: string): void {
    this.check(channel, view, address);
    let views = this.#channels.get(channel);
    if (views === undefined) {
      views = new Map();
      this.#channels.set(channel, views);
    }
    const shared = views.get(view);
    if (shared === undefined) views.set(view, { sessions: 1, addedBy: networkOf(address) });
    else shared.sessions++;
  }

  leave(channel: string, view: string): void {
    const views = this.#channels.get(channel);
    const shared = views?.get(view);
    if (views === undefined || shared === undefined || --shared.sessions > 0) return;
    views.delete(view);
    if (views.size === 0) this.#channels.delete(channel);
  }

  /** @throws CommandError `too_many_views` if a session at that address may not enter the view */
  check(channel: string, view: string, address: string): void {
    const views = this.#channels.get(channel);
    if (this.#max === 0 || views === undefined || views.has(view)) return;
    if (views.size >= this.#max) throw tooMany(channel, this.#max, 'on this gateway');
    const most = Math.ceil(this.#max * SHARE_OF_ADDRESS);
    if (views.size < most) return;
    const network = networkOf(address);
    let added = 0;
    for (const { addedBy } of views.values()) if (addedBy === network) added++;
    if (added >= most) throw tooMany(channel, most, 'from your address');
  }
}

function tooMany(channel: string, most: number, where: string): CommandError {
  return new CommandError(
    'too_many_views',
    `${channel} is sent in ${most} projections and precisions ${where}, which is the limit; choose a common one, such as epsg:3857 without a precision`,
  );
}
