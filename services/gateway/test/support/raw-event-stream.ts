import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { HeldFeatures } from './event-stream.js';

/** An event as it came over the line. */
export interface RawEvent {
  readonly name: string;
  readonly data: unknown;
  /** Null if it has none. */
  readonly id: string | null;
}

/** A client of an event stream on plain HTTP, which keeps the last id as the standard says, and connects again on request. */
export class RawEventStream extends HeldFeatures {
  /** Events of the latest connection. */
  events: RawEvent[] = [];
  lastId = '';
  #request: ClientRequest | null = null;
  #answer: IncomingMessage | null = null;

  /** @param limit bytes after which it cuts the connection */
  connect(url: string, headers: Record<string, string> = {}, limit = Number.POSITIVE_INFINITY): void {
    this.cut();
    this.events = [];
    let text = '';
    let bytes = 0;
    const recovery: Record<string, string> = this.lastId === '' ? {} : { 'last-event-id': this.lastId };
    const options = { agent: false, headers: { accept: 'text/event-stream', ...recovery, ...headers } };
    const request = get(url, options, (answer) => {
      if (this.#request === request) this.#answer = answer;
      answer.setEncoding('latin1');
      answer.on('data', (chunk: string) => {
        if (this.#request !== request) return;
        text += chunk.slice(0, Math.max(0, limit - bytes));
        bytes += chunk.length;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#take(Buffer.from(block, 'latin1').toString());
        if (bytes >= limit) this.cut();
      });
      answer.on('error', () => {});
    });
    request.on('error', () => {});
    this.#request = request;
    atEnd(() => void request.destroy());
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#request?.destroy();
    this.#request = null;
    this.#answer = null;
  }

  /** Stops reading, so that the gateway notices a slow client. */
  pause(): void {
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
  }

  get isCut(): boolean {
    return this.#request === null;
  }

  get hasMark(): boolean {
    return this.events.some(({ name }) => name === 'view');
  }

  /** Status of the latest connection's answer; null if there is none yet. */
  get status(): number | null {
    return this.#answer?.statusCode ?? null;
  }

  /** Resolves with the events of the latest connection up to the first mark. */
  async untilMark(): Promise<RawEvent[]> {
    const place = (): number => this.events.findIndex(({ name }) => name === 'view') + 1;
    await until(() => place() > 0, 'a mark', { state: () => this.events });
    return this.events.slice(0, place());
  }

  #take(block: string): void {
    const fields = block.split('\n').map((line) => /^([^:]*):? ?(.*)$/su.exec(line) ?? []);
    const values = (name: string): (string | undefined)[] =>
      fields.filter(([, field]) => field === name).map(([, , value]) => value);
    const id = values('id').at(-1) ?? null;
    if (id !== null) this.lastId = id;
    const name = values('event').at(-1);
    if (name === undefined) return;
    const data: unknown = JSON.parse(values('data').join('\n'));
    this.events.push({ name, data, id });
    this.apply(name, data);
  }
}
