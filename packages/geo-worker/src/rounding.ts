/** Steps that are written digit by digit: 1, 0.1 ... 1e-9; the index is the number of decimals. */
const DECIMAL_STEPS = [1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9];
const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** A double holds any decimal of up to 15 digits, so above this number of steps nothing is left to round. */
const MAX_STEPS = 1e15;
const SIGNIFICANT_DIGITS = 15;

/** Rounds to multiples of a step, as doubles that print with few digits: 1234567.891, not 1234567.8910000001. */
export class Rounding {
  /** Number of decimals if the step is 1, 0.1 ... 1e-9; else -1. */
  readonly decimals: number;
  /** Steps in one unit if `decimals` is not -1; else 0. */
  readonly scale: number;
  /** 0: no rounding. */
  readonly step: number;

  /** A step that is not a positive finite number means no rounding. */
  constructor(step: number) {
    this.step = step > 0 && step < Number.POSITIVE_INFINITY ? step : 0;
    this.decimals = DECIMAL_STEPS.indexOf(step);
    this.scale = SCALES[this.decimals] ?? 0;
  }

  /** Returns the object of the last call if the step is the same, as it mostly is. */
  static to(step: number): Rounding {
    if (latest.step !== step) latest = new Rounding(step);
    return latest;
  }

  /** A number in whole steps; NaN if there is no scale, or if the steps are too many for doubles to distinguish. */
  toScale(value: number): number {
    const steps = Math.round(value * this.scale);
    return this.scale > 0 && Math.abs(steps) < MAX_STEPS ? steps : Number.NaN;
  }

  /** The nearest multiple of the step to a finite number; the number itself if doubles have no finer step. */
  round(value: number): number {
    if (this.scale > 0) {
      const steps = this.toScale(value);
      return Number.isNaN(steps) ? value : steps / this.scale;
    }
    if (this.step === 0) return value;
    const steps = Math.round(value / this.step);
    if (!(Math.abs(steps) < MAX_STEPS)) return value;
    return Number((steps * this.step).toPrecision(SIGNIFICANT_DIGITS));
  }

  /** Rounds the numbers of a list. */
  roundAll(numbers: Float64Array): void {
    if (this.step === 0) return;
    for (let i = 0; i < numbers.length; i++) numbers[i] = this.round(numbers[i] as number);
  }
}

let latest = new Rounding(0);
