import {
  type Ack,
  type Envelope,
  type ErrorStatus,
  type OkStatus,
  offeredSubprotocols,
  parseEnvelope,
  STATUS_SOURCE,
  type Status,
} from '@viaduct/protocol';
import { WebSocket } from '#websocket';
import { commandText } from './command-text.js';
import { later } from './later.js';
import type { CommandEvent, Credentials, Transport, Wire, WireObserver, WireSettings } from './transport.js';

/** Close codes that a browser sets itself: no code was sent, or the connection broke. */
const NO_CODES: ReadonlySet<number> = new Set([1005, 1006]);

/** A command whose answer has not arrived. */
interface Unanswered {
  readonly event: CommandEvent;
  /** Whether its answer is one envelope, and not a confirmation. */
  readonly isOne: boolean;
  readonly answered: Ack;
}

/** The plain WebSocket: one frame for each command and each envelope. */
export const webSocket: Transport = (address, settings, observer) =>
  new WebSocketWire(address, settings, observer);

class WebSocketWire implements Wire {
  readonly #address: string;
  readonly #settings: WireSettings;
  readonly #observer: WireObserver;
  #socket: WebSocket | null = null;
  #isOpen = false;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  /** What the last error event said; browsers say nothing. */
  #failure = '';
  /** By client reference. */
  readonly #unanswered = new Map<string, Unanswered>();
  #sent = 0;
  /** Envelopes that arrived in this turn. */
  #batch: Envelope[] = [];

  constructor(address: URL, settings: WireSettings, observer: WireObserver) {
    const url = new URL(address);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    this.#address = url.href;
    this.#settings = settings;
    this.#observer = observer;
  }

  open(credentials: Credentials): void {
    const { timeoutMs } = this.#settings;
    this.#failure = '';
    try {
      this.#socket = new WebSocket(this.#address, offeredSubprotocols(credentials));
    } catch (cause) {
      // Such as a page over https that may not open ws:.
      this.#observer.ended({ code: null, reason: String(cause), cause });
      return;
    }
    this.#openTimer = setTimeout(() => this.#abandon(`no answer in ${timeoutMs} ms`), timeoutMs);
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onerror = (event) => {
      this.#failure = (event as { message?: string }).message ?? '';
    };
    this.#socket.onclose = ({ code, reason }) => {
      this.#deliver();
      this.#detach();
      const isOurs = NO_CODES.has(code);
      const failure = this.#failure === '' ? 'the WebSocket failed' : this.#failure;
      this.#observer.ended({
        code: isOurs ? null : code,
        reason: isOurs ? failure : reason || `code ${code}`,
      });
    };
  }

  send(event: CommandEvent, options: object, answered: Ack): number {
    const { client_ref: reference = `c${++this.#sent}`, field } = options as {
      client_ref?: string;
      field?: string;
    };
    const isOne = event === 'get' && field !== undefined;
    const text = commandText(event, { ...options, client_ref: reference });
    this.#unanswered.set(reference, { event, isOne, answered });
    this.#socket?.send(text);
    if (event !== 'get' || isOne) return 1;
    // Nothing else says that the last value has arrived: commands run in order.
    this.#socket?.send(commandText('ping', { client_ref: reference }));
    return 2;
  }

  cut(): void {
    if (this.#socket !== null) this.#abandon('it was cut');
  }

  close(): void {
    this.#detach()?.close();
  }

  #take(data: unknown): void {
    try {
      const text = String(data);
      this.#observer.heard(text);
      this.#receive(parseEnvelope(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#abandon('what answers is not a Viaduct gateway');
    }
  }

  #receive(envelope: Envelope): void {
    const { source, content, client_reference: reference } = envelope;
    if (!this.#isOpen) {
      if (source === STATUS_SOURCE && (content as Status | null)?.status === 'open') this.#opened();
      return;
    }
    const command = reference === null ? undefined : this.#unanswered.get(reference);
    const answer = command === undefined ? null : answerIn(envelope, command);
    if (answer === null || source !== STATUS_SOURCE) this.#collect(envelope);
    if (answer === null || reference === null) return;
    this.#unanswered.delete(reference);
    this.#deliver();
    command?.answered(answer);
  }

  #opened(): void {
    this.#isOpen = true;
    clearTimeout(this.#openTimer);
    this.#observer.opened();
  }

  #collect(envelope: Envelope): void {
    if (this.#batch.length === 0) later(() => this.#deliver());
    this.#batch.push(envelope);
  }

  #deliver(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#observer.received(batch);
  }

  #abandon(reason: string): void {
    this.#detach()?.close();
    this.#observer.ended({ code: null, reason });
  }

  /** Forgets the connection, and returns it. */
  #detach(): WebSocket | null {
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    clearTimeout(this.#openTimer);
    this.#unanswered.clear();
    this.#batch = [];
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      // In Node, an error without a listener would end the program.
      socket.onerror = () => {};
    }
    return socket;
  }
}

/** The end of a command, if the envelope tells it; else null. */
function answerIn(
  { source, content }: Envelope,
  { event, isOne }: Unanswered,
): OkStatus | ErrorStatus | null {
  const done: OkStatus = { status: 'ok', command: event.toUpperCase() };
  if (source !== STATUS_SOURCE) return isOne ? done : null;
  if (content === 'PONG') return done;
  const status = content as OkStatus | ErrorStatus;
  return status.status === 'ok' || status.status === 'error' ? status : null;
}
