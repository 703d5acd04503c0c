import {
  type Ack,
  type Envelope,
  offeredSubprotocols,
  parseEnvelope,
  STATUS_SOURCE,
  type Status,
} from '@viaduct/protocol';
import { WebSocket } from '#websocket';
import { commandText } from './command-text.js';
import { PendingCommands } from './pending-commands.js';
import type { CommandEvent, Credentials, Transport, Wire, WireObserver, WireSettings } from './transport.js';

/** Close codes that a browser sets itself: no code was sent, or the connection broke. */
const NO_CODES: ReadonlySet<number> = new Set([1005, 1006]);

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
  /** Message of the last error event; browsers give none. */
  #failure = '';
  readonly #commands: PendingCommands;

  constructor(address: URL, settings: WireSettings, observer: WireObserver) {
    const url = new URL(address);
    url.protocol = url.protocol.replace('http', 'ws');
    url.hash = '';
    this.#address = url.href;
    this.#settings = settings;
    this.#observer = observer;
    this.#commands = new PendingCommands(
      (event, options) => this.#socket?.send(commandText(event, options)),
      observer,
    );
  }

  open(credentials: Credentials): void {
    const { timeoutMs } = this.#settings;
    this.#failure = '';
    try {
      this.#socket = new WebSocket(this.#address, offeredSubprotocols(credentials));
    } catch (cause) {
      // For example, a page over https may not open ws:.
      this.#observer.ended({ code: null, reason: String(cause), cause });
      return;
    }
    this.#openTimer = setTimeout(() => this.#abandon(`no answer in ${timeoutMs} ms`), timeoutMs);
    this.#socket.onmessage = ({ data }) => this.#take(data);
    this.#socket.onerror = (event) => {
      this.#failure = (event as { message?: string }).message ?? '';
    };
    this.#socket.onclose = ({ code, reason }) => {
      this.#commands.deliver();
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
    return this.#commands.send(event, options, answered);
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
      this.#observer.arrived(text);
      this.#receive(parseEnvelope(text));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#abandon('what answers is not a Viaduct gateway');
    }
  }

  #receive(envelope: Envelope): void {
    if (this.#isOpen) {
      this.#commands.take(envelope);
      return;
    }
    const { source, content } = envelope;
    if (source === STATUS_SOURCE && (content as Status | null)?.status === 'open') this.#opened();
  }

  #opened(): void {
    this.#isOpen = true;
    clearTimeout(this.#openTimer);
    this.#observer.opened();
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
    this.#commands.clear();
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      // In Node, an error without a listener would end the program.
      socket.onerror = () => {};
    }
    return socket;
  }
}
