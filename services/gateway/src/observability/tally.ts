import { Counter, type Registry } from 'prom-client';
import type { TransportName } from '../delivery/connection.js';

/** What happens too often to call prom-client each time; added up here and read when somebody scrapes. */
export class Tally {
  messagesIn = 0;
  filtered = 0;
  superseded = 0;
  viewChangesDelayed = 0;
  readonly deliveries: Record<TransportName, number> = { raw: 0, 'socket.io': 0 };
  readonly bytes: Record<TransportName, number> = { raw: 0, 'socket.io': 0 };

  /** Adds a counter for each to the registry. */
  expose(registry: Registry): void {
    const total = (name: string, help: string, read: () => number): void =>
      expose(registry, name, help, (counter) => counter.inc(read()));
    const byTransport = (name: string, help: string, totals: Record<TransportName, number>): void =>
      expose(
        registry,
        name,
        help,
        (counter) => {
          for (const [transport, count] of Object.entries(totals)) counter.inc({ transport }, count);
        },
        ['transport'],
      );
    total('viaduct_messages_total', 'Messages that came in for at least one session.', () => this.messagesIn);
    total(
      'viaduct_filtered_total',
      'Deliveries that a box, hold or filter spared a session of the channel.',
      () => this.filtered,
    );
    total(
      'viaduct_conflated_messages_total',
      'Messages left out for a slow client because a newer one about the same feature waited.',
      () => this.superseded,
    );
    total(
      'viaduct_delayed_view_changes_total',
      'Changes of box or projection that came too fast, and waited or were left out for the next.',
      () => this.viewChangesDelayed,
    );
    byTransport(
      'viaduct_deliveries_total',
      'Message envelopes handed to connections, pushed ones and answers.',
      this.deliveries,
    );
    byTransport(
      'viaduct_sent_bytes_total',
      'Bytes of those envelopes as WebSocket frames, before buffering and socket.io packets.',
      this.bytes,
    );
  }
}

/** A counter that is set anew at every scrape. */
function expose(
  registry: Registry,
  name: string,
  help: string,
  add: (counter: Counter) => void,
  labelNames: string[] = [],
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      add(this);
    },
  });
}
