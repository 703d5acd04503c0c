import { byId, setText } from './dom.js';

/** Widths up to which the panel is a sheet at the bottom of the map; the same as in the style sheet. */
const NARROW = '(max-width: 760px)';

/** On a phone the panel shows its first lines, and all of it on demand. */
export class Sheet {
  readonly #panel = byId('panel', HTMLElement);
  readonly #more = byId('more', HTMLElement);
  readonly #button = byId('expand', HTMLButtonElement);
  readonly #narrow = matchMedia(NARROW);
  #expanded = false;

  constructor() {
    this.#button.addEventListener('click', () => {
      this.#expanded = !this.#expanded;
      this.#show();
    });
    this.#narrow.addEventListener('change', () => this.#show());
    this.#show();
  }

  get isNarrow(): boolean {
    return this.#narrow.matches;
  }

  #show(): void {
    const isOpen = this.#expanded || !this.#narrow.matches;
    this.#panel.dataset.expanded = String(isOpen);
    // Keyboard and screen reader must not reach it while it is hidden.
    this.#more.inert = !isOpen;
    this.#button.setAttribute('aria-expanded', String(isOpen));
    setText(this.#button, isOpen ? 'Less' : 'More');
  }
}
