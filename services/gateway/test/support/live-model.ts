import type { OracleView } from './live-oracle.js';

type Sides = readonly [number, number, number, number];

/** A client's view after its commands, according to PROTOCOL.md, "Box and projection together". */
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

  /** The CRS of the next box. */
  get boxCrs(): OracleView['boxCrs'] {
    const first = this.#projectionTurn !== 0 && (this.#boxTurn === 0 || this.#projectionTurn < this.#boxTurn);
    return first ? this.projection : 'epsg:4326';
  }

  /** The command that sets the current box again. */
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

  /** Starts over in a new session. Returns the commands for the same view, or for the closest one that commands can set. */
  startOver(): string[] {
    const { box, held, projection } = this;
    Object.assign(this, new ViewModel(), { area: this.area });
    this.#turn = 1;
    this.#boxTurn = 0;
    this.#projectionTurn = 0;
    const lines = projection === 'epsg:4326' ? [] : [this.setProjection(projection)];
    // The numbers do not change, although they may now mean another CRS.
    if (held) lines.push(this.reset());
    else if (box !== null) lines.push(this.setBox(box));
    return lines;
  }
}
