import { Agent, get, type IncomingMessage } from 'node:http';
import { type Box, boxText } from './world.js';

/** Longest wait for an answer, in ms. */
const TIMEOUT_MS = 120_000;

/** What the HTTP API calls a channel's features in a box, in degrees. */
export function itemsPath(channel: string, box: Box): string {
  return `/ogc/collections/${channel}/items?bbox=${boxText(box).replaceAll(' ', ',')}`;
}

function answer(port: number, path: string, accept: string, agent: Agent | false): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path, agent, headers: { accept } }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`${path} was answered with ${response.statusCode}`));
    });
    sent.setTimeout(TIMEOUT_MS, () => sent.destroy(new Error(`no answer to ${path} in time`)));
    sent.on('error', reject);
  });
}

/** A client of the HTTP API that keeps its connection. */
export class ItemsClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    readonly port: number,
    readonly channel: string,
  ) {}

  /** Ids of the features in a box, of which there must be at most 10,000. */
  async idsIn(box: Box): Promise<string[]> {
    const path = `${itemsPath(this.channel, box)}&limit=10000`;
    const response = await answer(this.port, path, 'application/geo+json', this.#agent);
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += String(chunk);
    return (JSON.parse(text) as { features: { id: string }[] }).features.map(({ id }) => id);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A client of an event stream, and the set of features that it holds. */
export class EventClient {
  readonly held = new Set<string>();
  /** Events with a feature. */
  received = 0;
  /** The ones that report that a feature is no longer in the view. */
  leaves = 0;
  readonly #response: IncomingMessage;
  #rest = '';
  #complete: () => void = () => undefined;

  private constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#take(chunk));
    response.on('error', () => undefined);
  }

  /** Resolves when the client holds its first view. */
  static async open(port: number, channel: string, box: Box): Promise<EventClient> {
    const client = new EventClient(await answer(port, itemsPath(channel, box), 'text/event-stream', false));
    await new Promise<void>((resolve, reject) => {
      client.#complete = resolve;
      client.#response.on('close', () => reject(new Error('an event stream has ended')));
    });
    return client;
  }

  close(): void {
    this.#response.destroy();
  }

  #take(chunk: string): void {
    const events = (this.#rest + chunk).split('\n\n');
    this.#rest = events.pop() ?? '';
    for (const event of events) {
      const name = /^event: (\w+)$/mu.exec(event)?.[1];
      const data = /^data: (.*)$/mu.exec(event)?.[1];
      if (name !== undefined && data !== undefined) this.#apply(name, JSON.parse(data));
    }
  }

  #apply(name: string, { id, left }: { id?: string; left?: readonly string[] }): void {
    if (name === 'view') {
      for (const gone of left ?? []) this.held.delete(gone);
      this.#complete();
    } else if (id !== undefined) {
      this.received++;
      if (name !== 'leave') this.held.add(id);
      else {
        this.leaves++;
        this.held.delete(id);
      }
    }
  }
}
