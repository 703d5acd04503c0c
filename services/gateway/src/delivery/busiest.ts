import type { ChannelTraffic } from './channel.js';
import type { Rates } from './traffic.js';

/** A channel with its present rates and subscribers. */
export interface BusyChannel extends Rates {
  readonly name: string;
  readonly subscribers: number;
}

/**
 * The channels with the highest rates, from the highest down. Every channel is counted exactly, because MAX_CHANNELS bounds
 * their number, and looked at only when somebody asks.
 *
 * @param by the rate that decides
 * @param limit maximum number of channels
 * @param now ms on the clock of `performance.now()`
 */
export function busiest(
  channels: Iterable<ChannelTraffic>,
  by: keyof Rates,
  limit: number,
  now: number,
): BusyChannel[] {
  const found: { channel: ChannelTraffic; rates: Rates }[] = [];
  for (const channel of channels) {
    const rates = channel.traffic.rates(now);
    const last = found[limit - 1];
    if (last !== undefined && rates[by] <= last.rates[by]) continue;
    const at = found.findIndex((other) => other.rates[by] < rates[by]);
    found.splice(at < 0 ? found.length : at, 0, { channel, rates });
    found.length = Math.min(found.length, limit);
  }
  return found.map(({ channel: { name, subscribers }, rates }) => ({ name, subscribers, ...rates }));
}
