/** What the user has chosen; `auto` follows the system. */
export type Theme = 'auto' | 'light' | 'dark';

export type Scheme = 'light' | 'dark';

const KEY = 'viaduct-theme';

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** Light or dark: the user's choice here, or else the system's. */
export class SchemeSwitch {
  readonly #system = matchMedia('(prefers-color-scheme: dark)');
  readonly #listeners: ((scheme: Scheme) => void)[] = [];
  #theme: Theme;

  constructor() {
    this.#theme = remembered();
    this.#system.addEventListener('change', () => this.#notify());
    this.#mark();
  }

  get theme(): Theme {
    return this.#theme;
  }

  get scheme(): Scheme {
    if (this.#theme !== 'auto') return this.#theme;
    return this.#system.matches ? 'dark' : 'light';
  }

  /** Moves to the next choice. */
  next(): void {
    this.#theme = THEMES[(THEMES.indexOf(this.#theme) + 1) % THEMES.length] ?? 'auto';
    try {
      localStorage.setItem(KEY, this.#theme);
    } catch {
      // Some browsers store nothing; the choice then lasts until the user leaves the page.
    }
    this.#mark();
    this.#notify();
  }

  onChange(listener: (scheme: Scheme) => void): void {
    this.#listeners.push(listener);
  }

  #mark(): void {
    document.documentElement.dataset.theme = this.#theme;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener(this.scheme);
  }
}

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(KEY);
    return THEMES.find((known) => known === theme) ?? 'auto';
  } catch {
    return 'auto';
  }
}
