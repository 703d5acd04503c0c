import { type Envelope, jsonOr, STATUS_SOURCE, type Status } from '@viaduct/protocol';
import type { LiveLog } from './tail-live.js';
import { type Colour, count, cut, type Paint, terminalSafe } from './terminal.js';

/** The terminal, as the printer uses it. */
export interface Screen {
  write(text: string): void;
  paint: Paint;
  /** Width in characters, Infinity if it is unknown; null if the output is not a terminal, and lines cannot be rewritten. */
  width(): number | null;
}

/** Width of lines if the output is not a terminal. */
const DEFAULT_WIDTH = 160;

/** Colours that channels get in this order. */
const CHANNEL_COLOURS: readonly Colour[] = ['cyan', 'magenta', 'yellow', 'blue', 'green'];

/** Printed instead of a value that cannot be written. */
const TOO_DEEP = '(nested too deeply to be printed)';

/** Returns the cursor to the start of the line and clears it (ISO 6429: CR, EL). */
const CLEAR_LINE = '\r\u001b[K';

/** Prints envelopes for people: a line for each, and on a terminal the rates of the last second below them. */
export class TailPrinter {
  readonly #screen: Screen;
  readonly #started: number;
  readonly #live: LiveLog | null;
  readonly #colours = new Map<string, Colour>();
  #messages = 0;
  #bytes = 0;
  #last = { at: 0, messages: 0, bytes: 0 };
  #status = '';

  /**
   * @param now a monotonic clock, in milliseconds
   * @param live follows the channels if they are live views
   */
  constructor(screen: Screen, now: number, live: LiveLog | null = null) {
    this.#screen = screen;
    this.#live = live;
    this.#started = now;
    this.#last.at = now;
  }

  /** @param bytes length of the envelope on the wire */
  envelope(envelope: Envelope, bytes: number): void {
    if (envelope.source === STATUS_SOURCE) {
      const text = this.#describeStatus(envelope.content);
      this.#line(this.#screen.paint('dim', cut(`── ${text}`, this.#width())));
      return;
    }
    this.#messages += 1;
    this.#bytes += bytes;
    const time = new Date(envelope.timestamp).toISOString().slice(11, 23);
    const what = this.#describe(envelope);
    const room = this.#width() - time.length - envelope.source.length - 4;
    this.#line(
      [
        this.#screen.paint('dim', time),
        this.#screen.paint(this.#colourOf(envelope.source), terminalSafe(envelope.source)),
        what.gone ? this.#screen.paint('red', cut(what.text, room)) : cut(what.text, room),
      ].join('  '),
    );
  }

  #describeStatus(content: unknown): string {
    const mark = isObject(content) ? this.#live?.mark(content as unknown as Status) : null;
    return typeof mark === 'string' ? terminalSafe(mark) : describeStatus(content);
  }

  /** One line about a message; in a live view, it starts with what the message means. */
  #describe(envelope: Envelope): { text: string; gone: boolean } {
    const change = this.#live?.change(envelope) ?? null;
    if (change === null) return describeContent(envelope);
    const word = change.word.padEnd('entered'.length);
    if (change.word !== 'left') return { text: `${word}  ${describeContent(envelope).text}`, gone: false };
    const { id } = envelope.content as { id: unknown };
    return { text: terminalSafe(`${word}  ${idText(id)}  ${change.why}`), gone: true };
  }

  /** Rewrites the line with the rates since the last call. Call it about every second. */
  rates(now: number): void {
    if (this.#screen.width() === null) return;
    const seconds = (now - this.#last.at) / 1000;
    if (seconds <= 0) return;
    const perSecond = (this.#messages - this.#last.messages) / seconds;
    const bytesPerSecond = (this.#bytes - this.#last.bytes) / seconds;
    this.#last = { at: now, messages: this.#messages, bytes: this.#bytes };
    this.#status = `${decimal(perSecond)} messages/s  ${decimal(bytesPerSecond / 1000)} kB/s  ${count(this.#messages)} in all`;
    this.#screen.write(`${CLEAR_LINE}${this.#statusText()}`);
  }

  /** The last line: totals and average rates. */
  summary(now: number): void {
    const seconds = Math.max(0.001, (now - this.#started) / 1000);
    this.#status = '';
    const [messages, bytes] = [this.#messages / seconds, this.#bytes / seconds / 1000];
    const noun = this.#messages === 1 ? 'message' : 'messages';
    const text = `${count(this.#messages)} ${noun} in ${decimal(seconds)} s: ${decimal(messages)}/s, ${decimal(bytes)} kB/s`;
    this.#line(this.#screen.paint('bold', text));
  }

  #line(text: string): void {
    const terminal = this.#screen.width() !== null;
    this.#screen.write(`${terminal ? CLEAR_LINE : ''}${text}\n${terminal ? this.#statusText() : ''}`);
  }

  #statusText(): string {
    return this.#status === '' ? '' : this.#screen.paint('bold', cut(this.#status, this.#width()));
  }

  #width(): number {
    return this.#screen.width() ?? DEFAULT_WIDTH;
  }

  #colourOf(channel: string): Colour {
    const known = this.#colours.get(channel);
    if (known !== undefined) return known;
    const colour = CHANNEL_COLOURS[this.#colours.size % CHANNEL_COLOURS.length] ?? 'cyan';
    this.#colours.set(channel, colour);
    return colour;
  }
}

function decimal(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 1 });
}

function describeStatus(content: unknown): string {
  if (!isObject(content)) return terminalSafe(String(content));
  const { status, ...rest } = content;
  const words = Object.entries(rest).map(([name, value]) => {
    return `${name} ${typeof value === 'string' ? value : jsonOr(TOO_DEEP, value)}`;
  });
  return terminalSafe([String(status).replaceAll('_', ' '), ...words].join(', '));
}

/** One line about a message: id, place and properties of a feature, or the JSON of anything else. */
function describeContent({ content, unlocated }: Envelope): { text: string; gone: boolean } {
  if (!isObject(content) || content.type !== 'Feature') {
    return { text: terminalSafe(jsonOr(TOO_DEEP, content)), gone: false };
  }
  const { id, geometry, properties } = content;
  const gone = id !== undefined && geometry === null && unlocated !== true;
  const words = [
    ...(id === undefined ? [] : [idText(id)]),
    gone ? 'is gone' : describeGeometry(geometry),
    ...(properties === undefined || properties === null ? [] : [jsonOr(TOO_DEEP, properties)]),
  ];
  return { text: terminalSafe(words.join('  ')), gone };
}

function idText(id: unknown): string {
  return typeof id === 'string' ? id : jsonOr(TOO_DEEP, id);
}

function describeGeometry(geometry: unknown): string {
  if (!isObject(geometry)) return 'no location';
  let first: unknown = geometry.coordinates;
  let nested = false;
  while (Array.isArray(first) && Array.isArray(first[0])) {
    first = first[0];
    nested = true;
  }
  const place = Array.isArray(first) ? ` ${first.join(' ')}${nested ? ' …' : ''}` : '';
  return `${geometry.type}${place}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
