import type Feature from 'ol/Feature.js';
import type { LonLat } from '../crs.js';
import type { Palette } from '../map/palette.js';
import { byId, setText } from './dom.js';
import { heading, position, whole } from './format.js';
import { symbolElement } from './symbols.js';

/** What the page knows about the selected vehicle. */
export interface Selected {
  feature: Feature;
  place: LonLat;
  /** Metres above the sea; null for vehicles on the ground. */
  altitude: number | null;
}

/** The card about the selected vehicle. */
export class Details {
  readonly #card = byId('details', HTMLElement);
  readonly #name = byId('details-name', HTMLElement);
  readonly #id = byId('details-id', HTMLElement);
  readonly #symbol = byId('details-symbol', HTMLElement);
  readonly #facts = byId('details-facts', HTMLDListElement);
  #shown: Feature | null = null;

  constructor(onClose: () => void) {
    byId('details-close', HTMLButtonElement).addEventListener('click', onClose);
  }

  show(selected: Selected | null, colours: Palette): void {
    this.#card.hidden = selected === null;
    if (selected === null) {
      this.#shown = null;
      return;
    }
    const { feature } = selected;
    if (feature !== this.#shown) {
      this.#shown = feature;
      const kind = feature.get('type') === 'train' ? 'train' : 'plane';
      setText(this.#name, String(feature.get('name')));
      setText(this.#id, String(feature.getId()));
      this.#symbol.replaceChildren(symbolElement(kind, colours));
    }
    this.#facts.replaceChildren(...facts(selected).map(([term, value]) => row(term, value)));
  }
}

function facts({ feature, place, altitude }: Selected): [term: string, value: string][] {
  return [
    ['Next', String(feature.get('next'))],
    ['Speed', `${whole(Number(feature.get('speed')))} km/h`],
    ['Heading', heading(Number(feature.get('heading')))],
    ...(altitude === null ? [] : [['Altitude', `${whole(altitude)} m`] satisfies [string, string]]),
    ['Position', position(...place)],
  ];
}

function row(term: string, value: string): HTMLDivElement {
  const line = document.createElement('div');
  const name = document.createElement('dt');
  name.textContent = term;
  const content = document.createElement('dd');
  content.textContent = value;
  line.append(name, content);
  return line;
}
