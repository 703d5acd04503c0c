import { byId, setText } from './dom.js';

/** State of the connection. `lost` is the wait before the next attempt. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'closed';

const TEXTS: Record<ConnectionState, string> = {
  connecting: 'Connecting',
  open: 'Live',
  lost: 'Reconnecting',
  closed: 'Disconnected',
};

export interface StatusActions {
  /** The user wants to see a connection break. */
  cut(): void;
  /** The user does not want to wait for the next attempt. */
  retry(): void;
}

/** Shows whether the data is live. Screen readers announce changes of its words, but not the countdown. */
export class StatusLine {
  readonly #line = byId('status', HTMLElement);
  readonly #text = byId('status-text', HTMLElement);
  readonly #countdown = byId('countdown', HTMLElement);
  readonly #cut = byId('break', HTMLButtonElement);
  readonly #retry = byId('retry', HTMLButtonElement);
  #retryAt: number | null = null;
  #hasFocus = false;

  constructor(actions: StatusActions) {
    this.#cut.addEventListener('click', () => actions.cut());
    this.#retry.addEventListener('click', () => actions.retry());
    setInterval(() => this.#count(), 100);
  }

  /** @param retryAt when the next attempt is, on the clock of `performance.now()`; null if there is none */
  show(state: ConnectionState, retryAt: number | null): void {
    this.#line.dataset.state = state;
    document.body.dataset.connection = state;
    setText(this.#text, TEXTS[state]);
    this.#retryAt = retryAt;
    this.#swapButtons(state);
    this.#count();
  }

  /** One button replaces the other and receives its focus, even after an attempt during which both are disabled. */
  #swapButtons(state: ConnectionState): void {
    const { activeElement, body } = document;
    const isOurs = activeElement === this.#cut || activeElement === this.#retry;
    this.#hasFocus = isOurs || (this.#hasFocus && activeElement === body);
    this.#cut.hidden = state === 'lost';
    this.#cut.disabled = state !== 'open';
    this.#retry.hidden = state !== 'lost';
    if (this.#hasFocus) (state === 'lost' ? this.#retry : this.#cut).focus();
  }

  #count(): void {
    const left = this.#retryAt === null ? 0 : Math.max(0, this.#retryAt - performance.now());
    setText(this.#countdown, left === 0 ? '' : `in ${Math.ceil(left / 1000)} s`);
  }
}
