import type { SchemeSwitch, Theme } from '../scheme.js';
import { byId } from './dom.js';

const NAMES: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Cycles through the colour schemes. */
export class ThemeButton {
  constructor(schemes: SchemeSwitch) {
    const button = byId('theme', HTMLButtonElement);
    const label = (): void => {
      const text = `Colours: ${NAMES[schemes.theme]}`;
      button.setAttribute('aria-label', text);
      button.title = text;
    };
    button.addEventListener('click', () => {
      schemes.next();
      label();
    });
    label();
  }
}
