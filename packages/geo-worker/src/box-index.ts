import type { Bbox } from './box.js';
import type { Crs } from './crs.js';
import type { GeoMessage } from './message.js';

export class BoxIndex<T> {
  readonly #crs: Crs;
  readonly #boxes = new Map<T, Bbox>();

  constructor(crs: Crs) {
    this.#crs = crs;
  }

  get size(): number {
    return this.#boxes.size;
  }

  set(member: T, box: Bbox): void {
    this.#boxes.set(member, { ...box });
  }

  delete(member: T): void {
    this.#boxes.delete(member);
  }

  match(message: GeoMessage, visit: (member: T) => void): void {
    for (const [member, box] of [...this.#boxes]) if (message.intersects(box, this.#crs)) visit(member);
  }
}
