import { Connection } from './connection.js';

/** How many lines are kept. */
const LINES = 300;

/** Commands that were typed are kept for the arrow keys. */
const HISTORY = 50;

/** A session of the visitor's own, apart from the map's: whatever is typed here changes nothing there. */
export class Console {
  #output;
  #input;
  #connection;
  /** Typed before the connection was there. @type {string[]} */
  #waiting = [];
  /** @type {string[]} */
  #history = [];
  #recalled = 0;
  #started = false;

  /**
   * @param {string} url
   * @param {{ form: HTMLFormElement, input: HTMLInputElement, output: HTMLElement, examples: HTMLElement, clear: HTMLButtonElement }} elements
   */
  constructor(url, { form, input, output, examples, clear }) {
    this.#input = input;
    this.#output = output;
    // So that the keys can scroll it.
    output.tabIndex = 0;
    this.#connection = new Connection(url, {
      opened: () => {
        for (const line of this.#waiting.splice(0)) this.#connection.send(line);
      },
      waiting: () => this.#print('note', 'Connection lost. A new session begins when the gateway is back.'),
      sent: (line) => this.#print('sent', line),
      received: (_envelope, text) => this.#print('received', text),
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit(input.value.trim());
      input.value = '';
    });
    examples.addEventListener('click', ({ target }) => {
      if (target instanceof HTMLButtonElement) this.#submit(target.textContent ?? '');
    });
    input.addEventListener('keydown', (event) => this.#recall(event));
    clear.addEventListener('click', () => output.replaceChildren());
  }

  /** @param {string} line */
  #submit(line) {
    if (line === '') return;
    this.#history = [...this.#history, line].slice(-HISTORY);
    this.#recalled = this.#history.length;
    if (this.#connection.isOpen) {
      this.#connection.send(line);
      return;
    }
    this.#waiting.push(line);
    if (!this.#started) this.#connection.connect();
    this.#started = true;
  }

  /** @param {KeyboardEvent} event */
  #recall(event) {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const step = event.key === 'ArrowUp' ? -1 : 1;
    this.#recalled = Math.min(this.#history.length, Math.max(0, this.#recalled + step));
    this.#input.value = this.#history[this.#recalled] ?? '';
  }

  /**
   * @param {'sent' | 'received' | 'note'} kind
   * @param {string} text
   */
  #print(kind, text) {
    const output = this.#output;
    const atEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 40;
    const line = document.createElement('li');
    line.className = kind;
    line.textContent = text;
    output.append(line);
    while (output.childElementCount > LINES) output.firstElementChild?.remove();
    if (atEnd) output.scrollTop = output.scrollHeight;
  }
}
