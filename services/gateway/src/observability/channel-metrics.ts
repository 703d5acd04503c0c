import type { Registry } from 'prom-client';
import type { WatchedChannel } from '../config/watched.js';
import { type BusyChannel, busiest } from '../delivery/busiest.js';
import type { Hub } from '../delivery/hub.js';
import { gaugesAtScrape, type Total, totalAtScrape } from './metric.js';
import { RANKS } from './metric-sections/source.js';

/** The gauges about the busiest channels, and what each shows of them. */
const BUSIEST = {
  viaduct_busiest_channel_messages_per_second: 'messages',
  viaduct_busiest_channel_bytes_per_second: 'bytes',
  viaduct_busiest_channel_subscribers: 'subscribers',
} as const satisfies Record<string, keyof BusyChannel>;

/** Adds gauges about the busiest channels by their rank, so that the number of series is fixed. */
export function addBusiest(registry: Registry, hub: Pick<Hub, 'traffic'>): void {
  for (const name of Object.keys(BUSIEST) as (keyof typeof BUSIEST)[]) {
    gaugesAtScrape(registry, name, () => {
      const found = busiest(hub.traffic(), 'messages', RANKS.length, performance.now());
      return RANKS.map((rank, i) => ({ labels: { rank }, value: found[i]?.[BUSIEST[name]] ?? 0 }));
    });
  }
}

/** Adds the metrics about the channels of WATCH_CHANNELS. */
export function addWatched(
  registry: Registry,
  hub: Pick<Hub, 'trafficOf'>,
  watched: readonly WatchedChannel[],
): void {
  const startedAt = performance.now();
  const series = (measure: (channel: WatchedChannel) => number): Total<'channel'>[] =>
    watched.map((channel) => ({ labels: { channel: channel.channel }, value: measure(channel) }));
  totalAtScrape(registry, 'viaduct_watched_channel_messages_total', () =>
    series(({ channel }) => hub.trafficOf(channel)?.messages ?? 0),
  );
  gaugesAtScrape(registry, 'viaduct_watched_channel_silence_seconds', () =>
    series(({ channel }) => {
      const lastAt = hub.trafficOf(channel)?.lastAt ?? startedAt;
      return (performance.now() - lastAt) / 1000;
    }),
  );
  gaugesAtScrape(registry, 'viaduct_watched_channel_max_silence_seconds', () =>
    series(({ maxSilenceMs }) => maxSilenceMs / 1000),
  );
}
