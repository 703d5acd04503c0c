import { type Area, type Bbox, type Crs, DATA_CRS, type View } from '@viaduct/geo-worker';
import { type BoxOptions, type Filter, type MemberView, viewKey } from '../delivery/member.js';
import { frozenCopy } from './frozen-copy.js';

const NO_OPTIONS: BoxOptions = frozenCopy({ trim: false, hints: [], namedHints: {} });

/** Rounding steps of reprojected coordinates. */
export interface Precision {
  metres: number;
  degrees: number;
}

/** Rounding steps that correspond to a CRS's own `precision`. */
const CRS_PRECISION: Precision = { metres: 0.001, degrees: 1e-8 };

/**
 * The view with its effective step: the gateway's, or the client's if that is coarser. Coordinates in the data's CRS
 * stay as published, unless the client requests a coarser step.
 */
export function withPrecision(view: View, gateway: Precision): View {
  const unit = view.crs.geographic ? 'degrees' : 'metres';
  const finest = (view.crs.precision * gateway[unit]) / CRS_PRECISION[unit];
  if (view.crs.isDataCrs && (view.precision ?? 0) < finest)
    return { crs: view.crs, axisOrder: view.axisOrder, precision: null };
  const step = Math.max(roundStep(view.precision ?? 0), finest);
  const precision = step === view.crs.precision && !view.crs.isDataCrs ? null : step;
  return { crs: view.crs, axisOrder: view.axisOrder, precision };
}

/** Relative error of the logarithm of a power of ten. */
const SLACK = 1e-9;

/**
 * The greatest of 1, 2 and 5 times a power of ten that is not above a step: each step in use means more work for every
 * message, so clients share a few.
 */
function roundStep(step: number): number {
  if (step === 0) return 0;
  const exponent = Math.floor(Math.log10(step) + SLACK);
  const lead = step / 10 ** exponent + SLACK;
  return Number(`${lead >= 5 ? 5 : lead >= 2 ? 2 : 1}e${exponent}`);
}

/**
 * What one session wants to see: projection, box, hold and named filters.
 *
 * The order in which box and projection are first set decides the CRS of the box: if the projection is set first, the
 * box is in the current projection; if the box is set first, it stays in the data's CRS.
 */
export class SessionView implements MemberView {
  readonly #gatewayPrecision: Precision;
  readonly #changed: () => void;
  #crs: Crs;
  #axisOrder: View['axisOrder'] = 'xy';
  #precision: number | null = null;
  #bbox: Bbox | null = null;
  #area: Area | null;
  #options = NO_OPTIONS;
  #held = false;
  #filters: Map<string, Filter> | null = null;
  #version = 0;
  /** Positions in the order of setting; 0 means not set. */
  #turn = 1;
  #boxTurn = 0;
  #projectionTurn: number;

  /**
   * @param crs the initial projection of the session
   * @param gatewayPrecision the finest steps that the gateway sends
   * @param area the session receives nothing outside it, regardless of the box; null for no bounds
   * @param changed called after each change
   */
  constructor(
    crs: Crs,
    gatewayPrecision: Precision = CRS_PRECISION,
    area: Area | null = null,
    changed: () => void = () => {},
  ) {
    this.#gatewayPrecision = gatewayPrecision;
    this.#changed = changed;
    this.#area = area;
    this.#crs = crs;
    this.#precision = withPrecision({ crs, axisOrder: 'xy', precision: null }, gatewayPrecision).precision;
    this.#projectionTurn = crs.isDataCrs ? 0 : this.#turn++;
  }

  get crs(): Crs {
    return this.#crs;
  }

  get axisOrder(): View['axisOrder'] {
    return this.#axisOrder;
  }

  /** Rounding step in the units of the CRS; null for the default. */
  get precision(): number | null {
    return this.#precision;
  }

  /** The session receives nothing outside this area; null for no bounds. */
  get area(): Area | null {
    return this.#area;
  }

  get bbox(): Bbox | null {
    return this.#bbox;
  }

  /** The CRS of the box's numbers. */
  get boxCrs(): Crs {
    const projectionFirst =
      this.#projectionTurn !== 0 && (this.#boxTurn === 0 || this.#projectionTurn < this.#boxTurn);
    return projectionFirst ? this.#crs : DATA_CRS;
  }

  get boxOptions(): BoxOptions {
    return this.#options;
  }

  /** True between `RESET` and the next `BBOX`: no GeoJSON is sent. */
  get held(): boolean {
    return this.#held;
  }

  get filters(): ReadonlyMap<string, Filter> | null {
    return this.#filters;
  }

  /** Grows with every change of projection, box, hold, area or filters: a result for another version may be wrong. */
  get version(): number {
    return this.#version;
  }

  /** Sessions with the same key receive the same bytes for the same message, if they receive it. */
  get key(): string {
    return viewKey(this, this.#area);
  }

  setBox({ minX, minY, maxX, maxY }: Bbox, options: BoxOptions = NO_OPTIONS): void {
    if (this.#boxTurn === 0) this.#boxTurn = this.#turn++;
    this.#bbox = Object.freeze({ minX, minY, maxX, maxY });
    this.#options = frozenCopy(options);
    this.#held = false;
    this.#change();
  }

  clearBox(): void {
    this.#clear(false);
  }

  /** Clears the box and holds all features back until a box is set or cleared. */
  hold(): void {
    this.#clear(true);
  }

  setArea(area: Area | null): void {
    this.#area = area;
    this.#change();
  }

  /** The view that {@link setProjection} sets, with its effective step. */
  effective(view: View): View {
    return withPrecision(view, this.#gatewayPrecision);
  }

  setProjection(view: View): void {
    this.#crs = view.crs;
    this.#axisOrder = view.axisOrder;
    this.#precision = this.effective(view).precision;
    if (view.crs.isDataCrs) this.#projectionTurn = 0;
    else if (this.#projectionTurn === 0) this.#projectionTurn = this.#turn++;
    this.#change();
  }

  /** Adds or replaces the filter of that name; null removes it. A message must pass all of them. */
  setFilter(name: string, filter: Filter | null): void {
    if (filter !== null) {
      this.#filters ??= new Map();
      this.#filters.set(name, filter);
    } else if (this.#filters?.delete(name) === true && this.#filters.size === 0) {
      this.#filters = null;
    }
    this.#change();
  }

  #clear(held: boolean): void {
    this.#boxTurn = 0;
    this.#bbox = null;
    this.#options = NO_OPTIONS;
    this.#held = held;
    this.#change();
  }

  #change(): void {
    this.#version++;
    this.#changed();
  }
}
