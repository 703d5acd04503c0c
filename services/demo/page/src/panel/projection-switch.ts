import { MAP_CRSS, type MapCrs } from '../crs.js';
import { byId } from './dom.js';

/** Lets the user choose the map's CRS. */
export class ProjectionSwitch {
  readonly #inputs = new Map<MapCrs, HTMLInputElement>();

  constructor(chosen: MapCrs, onChoice: (crs: MapCrs) => void) {
    const group = byId('projections', HTMLFieldSetElement);
    for (const crs of MAP_CRSS) {
      const { label, input } = choice(crs);
      this.#inputs.set(crs, input);
      input.addEventListener('change', () => onChoice(crs));
      group.append(label);
    }
    this.show(chosen);
  }

  /** Shows which CRS the map has. */
  show(chosen: MapCrs): void {
    for (const [crs, input] of this.#inputs) input.checked = crs === chosen;
  }
}

function choice({ code, name }: MapCrs): { label: HTMLLabelElement; input: HTMLInputElement } {
  const label = document.createElement('label');
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = 'projection';
  input.value = code;
  const title = document.createElement('span');
  title.className = 'projection-name';
  title.textContent = name;
  const number = document.createElement('span');
  number.className = 'projection-code';
  number.textContent = code;
  const face = document.createElement('span');
  face.className = 'projection';
  face.append(title, ' ', number);
  label.append(input, face);
  return { label, input };
}
