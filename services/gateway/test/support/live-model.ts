import type { OracleView } from './live-oracle.js';

type Sides = readonly [number, number, number, number];

/** What a client's commands have made of its view, by PROTOCOL.md, "Box and projection together". */
export class ViewModel {
  box: Sides | null = null;
  held = false;
  area: Sides | null = null;
  projection: OracleView['boxCrs'] = 'epsg:4326';
  #turn = 1;
  #boxTurn = 0;
  #projectionTurn = 0;

  get view(): OracleView {
    const { box, held, area } = this;
    return { box, boxCrs: this.boxCrs, held, area };
  }

  /** The CRS in which the next box would be. */
  get boxCrs(): OracleView['boxCrs'] {
    const first = this.#projectionTurn !== 0 && (this.#boxTurn === 0 || this.#projectionTurn < this.#boxTurn);
    return first ? this.projection : 'epsg:4326';
  }

  /** The command that sets the present box again. */
  get boxCommand(): string {
    return this.box === null ? 'BBOX' : `BBOX ${this.box.join(' ')}`;
  }

  setBox(box: Sides): string {
    if (this.#boxTurn === 0) this.#boxTurn = this.#turn++;
    this.box = box;
    this.held = false;
    return this.boxCommand;
  }

  clearBox(): string {
    this.#boxTurn = 0;
    this.box = null;
    this.held = false;
    return 'BBOX';
  }

  reset(): string {
    this.clearBox();
    this.held = true;
    return 'RESET';
  }

  setProjection(projection: OracleView['boxCrs']): string {
    this.projection = projection;
    if (projection === 'epsg:4326') this.#projectionTurn = 0;
    else if (this.#projectionTurn === 0) this.#projectionTurn = this.#turn++;
    return `PROJECTION ${projection}`;
  }

  /** The commands that give a new session the same view, as far as new commands can. */
  anew(): string[] {
    const { box, held, projection } = this;
    Object.assign(this, new ViewModel(), { area: this.area });
    this.#turn = 1;
    this.#boxTurn = 0;
    this.#projectionTurn = 0;
    const lines = projection === 'epsg:4326' ? [] : [this.setProjection(projection)];
    // The numbers are meant as they were: what they are in another CRS is shown, too.
    if (held) lines.push(this.reset());
    else if (box !== null) lines.push(this.setBox(box));
    return lines;
  }
}
