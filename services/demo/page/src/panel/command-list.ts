import type { View } from '@viaduct/client';
import { byId } from './dom.js';

/** Shows the map's view as commands of the protocol. */
export class CommandList {
  readonly #channels: readonly string[];
  readonly #list = byId('wire', HTMLOListElement);
  #shown = '';

  constructor(channels: readonly string[]) {
    this.#channels = channels;
  }

  show({ projection, box }: View): void {
    if (projection === null || box === null) return;
    const digits = projection === 'epsg:4326' ? 2 : 0;
    const lines = [
      `PROJECTION ${projection}`,
      `BBOX ${box.map((side) => side.toFixed(digits)).join(' ')}`,
      ...this.#channels.map((channel) => `SUB ${channel} live=true`),
    ];
    if (lines.join('\n') === this.#shown) return;
    this.#shown = lines.join('\n');
    this.#list.replaceChildren(...lines.map(item));
  }
}

function item(line: string): HTMLLIElement {
  const element = document.createElement('li');
  const code = document.createElement('code');
  const [command = '', ...rest] = line.split(' ');
  const name = document.createElement('b');
  name.textContent = command;
  code.append(name, ` ${rest.join(' ')}`);
  element.append(code);
  return element;
}
