import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { EventSource } from 'eventsource';
import type { Feature } from 'geojson';

/** The set that a client of an event stream holds according to docs/http-api.md. */
export class HeldFeatures {
  readonly held = new Map<unknown, Feature>();

  /** Ids of the features that the client holds. */
  get ids(): unknown[] {
    return [...this.held.keys()].sort();
  }

  protected apply(name: string, data: unknown): void {
    const { id } = data as Feature;
    if (name === 'reset') this.held.clear();
    else if (name === 'enter' || name === 'update') this.held.set(id, data as Feature);
    else if (name === 'leave') this.held.delete(id);
    else if (name === 'view')
      for (const left of (data as { left?: unknown[] }).left ?? []) this.held.delete(left);
  }
}

const NAMES = ['reset', 'enter', 'update', 'leave', 'view', 'status', 'end'] as const;

type EventName = (typeof NAMES)[number];

/** A client of an event stream. */
export class EventStream extends HeldFeatures {
  readonly events: { name: EventName; data: unknown }[] = [];
  /** Statuses of refused attempts. */
  readonly refusals: (number | undefined)[] = [];
  readonly #source: EventSource;

  /** @param headers of its requests */
  constructor(url: string, headers: Record<string, string> = {}) {
    super();
    this.#source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init?.headers, ...headers } }),
    });
    for (const name of NAMES) {
      this.#source.addEventListener(name, ({ data }) => this.#take(name, JSON.parse(String(data))));
    }
    this.#source.addEventListener('error', ({ code }) => this.refusals.push(code));
    atEnd(() => this.close());
  }

  /** Resolves when the client holds its first view. */
  static async open(url: string, headers?: Record<string, string>): Promise<EventStream> {
    const stream = new EventStream(url, headers);
    await stream.has('view');
    return stream;
  }

  /** Resolves with the data of the first event of that name. */
  async has(name: EventName): Promise<unknown> {
    const find = () => this.events.find((event) => event.name === name);
    return (await until(find, `the event ${name}`, { state: () => [this.events, this.refusals] })).data;
  }

  close(): void {
    this.#source.close();
  }

  #take(name: EventName, data: unknown): void {
    this.events.push({ name, data });
    this.apply(name, data);
  }
}
