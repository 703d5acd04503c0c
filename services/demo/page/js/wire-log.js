/** How many lines of each direction are shown, and how often they change, in milliseconds. */
const LINES = 9;
const REFRESH_MS = 400;

/** Longest line shown, in characters. */
const LONGEST = 400;

/** The last lines on the wire in both directions. They can be held still to be read. */
export class WireLog {
  /** @type {{ sent: string[], received: string[] }} */
  #lines = { sent: [], received: [] };
  #changed = { sent: false, received: false };
  #lists;
  #held = false;

  /** @param {{ sent: HTMLElement, received: HTMLElement, hold: HTMLButtonElement }} elements */
  constructor({ sent, received, hold }) {
    this.#lists = { sent, received };
    // Long lines scroll, with the keys too.
    for (const list of [sent, received]) list.tabIndex = 0;
    hold.addEventListener('click', () => {
      this.#held = !this.#held;
      hold.setAttribute('aria-pressed', String(this.#held));
    });
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  /**
   * @param {'sent' | 'received'} direction
   * @param {string} text
   */
  add(direction, text) {
    const lines = this.#lines[direction];
    lines.push(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
    if (lines.length > LINES) lines.shift();
    this.#changed[direction] = true;
  }

  #refresh() {
    if (this.#held || document.hidden) return;
    for (const direction of /** @type {const} */ (['sent', 'received'])) {
      if (!this.#changed[direction]) continue;
      this.#changed[direction] = false;
      this.#lists[direction].replaceChildren(...this.#lines[direction].map(listItem));
    }
  }
}

/** @param {string} text */
function listItem(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}
