import type { Registry } from 'prom-client';
import type { TransportName } from '../delivery/connection.js';
import { type Total, totalAtScrape } from './metric.js';

/**
 * Counts events that are too frequent to call the metrics library each time: plain numbers that are read at every
 * scrape.
 */
export class Tally {
  messagesIn = 0;
  filtered = 0;
  superseded = 0;
  viewChangesDelayed = 0;
  readonly deliveries: Record<TransportName, number> = { raw: 0, 'socket.io': 0, sse: 0 };
  readonly bytes: Record<TransportName, number> = { raw: 0, 'socket.io': 0, sse: 0 };

  constructor(registry: Registry) {
    const total = (value: number): readonly Total<never>[] => [{ labels: {}, value }];
    totalAtScrape(registry, 'viaduct_messages_total', () => total(this.messagesIn));
    totalAtScrape(registry, 'viaduct_filtered_total', () => total(this.filtered));
    totalAtScrape(registry, 'viaduct_conflated_messages_total', () => total(this.superseded));
    totalAtScrape(registry, 'viaduct_delayed_view_changes_total', () => total(this.viewChangesDelayed));
    totalAtScrape(registry, 'viaduct_deliveries_total', () => byTransport(this.deliveries));
    totalAtScrape(registry, 'viaduct_sent_bytes_total', () => byTransport(this.bytes));
  }
}

function byTransport(totals: Record<TransportName, number>): Total<'transport'>[] {
  return Object.entries(totals).map(([transport, value]) => ({ labels: { transport }, value }));
}
