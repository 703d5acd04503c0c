import { MAP_CRSS, type MapCrs } from '../crs.js';
import { byId } from './dom.js';

/** Lets the user choose the map's CRS. */
export class ProjectionSwitch {
  constructor(chosen: MapCrs, onChoice: (crs: MapCrs) => void) {
    const group = byId('projections', HTMLFieldSetElement);
    for (const crs of MAP_CRSS) {
      const { label, input } = choice(crs);
      input.checked = crs === chosen;
      input.addEventListener('change', () => onChoice(crs));
      group.append(label);
    }
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
