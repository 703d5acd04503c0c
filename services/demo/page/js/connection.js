/** Waits between attempts to connect, in milliseconds: the first, and the longest. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/**
 * @typedef {{ source: string, content: unknown, timestamp: number, client_reference: string | null }} Envelope
 *
 * @typedef {object} Listener
 * @property {() => void} [opened] a connection is there; what was sent over an earlier one is forgotten by the gateway
 * @property {(retryMs: number) => void} [waiting] there is none; the next attempt comes in so many milliseconds
 * @property {() => void} [connecting]
 * @property {(line: string) => void} [sent]
 * @property {(envelope: Envelope, text: string) => void} [received]
 */

/** A WebSocket to a gateway that comes back by itself: each wait is twice as long as the last, give or take a fifth. */
export class Connection {
  #url;
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #wait = FIRST_WAIT;

  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects now, and again whenever the connection is lost. */
  connect() {
    clearTimeout(this.#timer);
    if (this.#socket) return;
    this.#listener.connecting?.();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      this.#wait = FIRST_WAIT;
      this.#listener.opened?.();
    });
    socket.addEventListener('message', ({ data }) => this.#listener.received?.(JSON.parse(data), data));
    socket.addEventListener('close', () => {
      if (this.#socket === socket) this.#lost();
    });
  }

  /** Gives up a connection that does not answer any more, and makes a new one. */
  replace() {
    this.#socket?.close();
    this.#lost();
  }

  /**
   * Sends one command. Without a connection nothing is sent.
   *
   * @param {string} line
   */
  send(line) {
    if (!this.isOpen) return;
    this.#socket?.send(line);
    this.#listener.sent?.(line);
  }

  #lost() {
    this.#socket = null;
    const wait = this.#wait * (0.8 + Math.random() * 0.4);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
    this.#timer = setTimeout(() => this.connect(), wait);
    this.#listener.waiting?.(wait);
  }
}
