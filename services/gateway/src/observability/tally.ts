import type { Registry } from 'prom-client';
import type { TransportName } from '../delivery/connection.js';
import { gaugesAtScrape, type Total, totalAtScrape } from './metric.js';
import { TRANSPORTS } from './metric-spec.js';

/**
 * Counts events that are too frequent to call the metrics library each time: plain numbers that are read at every
 * scrape.
 */
export class Tally {
  messagesIn = 0;
  filtered = 0;
  superseded = 0;
  viewChangesDelayed = 0;
  /** Connections that became sessions, and sessions that ended. */
  readonly opened = noneOfAny();
  readonly closed = noneOfAny();
  readonly deliveries = noneOfAny();
  readonly bytes = noneOfAny();

  constructor(registry: Registry) {
    const total = (value: number): readonly Total<never>[] => [{ labels: {}, value }];
    totalAtScrape(registry, 'viaduct_messages_total', () => total(this.messagesIn));
    totalAtScrape(registry, 'viaduct_filtered_total', () => total(this.filtered));
    totalAtScrape(registry, 'viaduct_conflated_messages_total', () => total(this.superseded));
    totalAtScrape(registry, 'viaduct_delayed_view_changes_total', () => total(this.viewChangesDelayed));
    totalAtScrape(registry, 'viaduct_connections_opened_total', () => byTransport(this.opened));
    gaugesAtScrape(registry, 'viaduct_connections', () =>
      byTransport(this.opened).map(({ labels, value }) => ({
        labels,
        value: value - this.closed[labels.transport],
      })),
    );
    totalAtScrape(registry, 'viaduct_deliveries_total', () => byTransport(this.deliveries));
    totalAtScrape(registry, 'viaduct_sent_bytes_total', () => byTransport(this.bytes));
  }
}

type ByTransport = Record<TransportName, number>;

function noneOfAny(): ByTransport {
  return { raw: 0, 'socket.io': 0, sse: 0 };
}

function byTransport(totals: ByTransport) {
  return TRANSPORTS.map((transport) => ({ labels: { transport }, value: totals[transport] }));
}
