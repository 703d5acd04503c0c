import type { LayoutGeometry } from './layout.js';
import type { Rounding } from './rounding.js';

const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;

const INITIAL_BYTES = 16 * 1024;
/** The most memory that is kept from one text to the next. */
const KEPT_BYTES = 1024 * 1024;
/** More than the longest number that JavaScript prints (24 characters), with a bracket and a comma. */
const NUMBER_BYTES = 32;
/** The largest whole part that is written digit by digit, with 32-bit arithmetic. */
const MAX_WHOLE = 2 ** 31 - 1;

const NUMBERS = /[^\s,[\]]+/g;

/** Where the coordinates of written positions come from, and how they are written. */
export interface CoordinateSource {
  /** x and y of each vertex, all finite. */
  readonly xy: Float64Array;
  readonly rounding: Rounding;
  /** Whether y is written before x. */
  readonly swapped: boolean;
  /** The coordinates as published, if they are numbers only and some have more digits than doubles hold; else null. */
  readonly published: string | null;
}

/**
 * Writes GeoJSON coordinates. Digits go into one buffer that is reused: this is several times as fast as a string for each
 * number, and the text is one flat string.
 */
class CoordinateWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;
  /** The numbers as published, from the next position on; null if further numbers are written from values. */
  #published: string[] | null = null;
  #next = 0;

  geometry({ coordinates, depth, firstVertex }: LayoutGeometry, source: CoordinateSource): string {
    this.#at = 0;
    this.#published = source.published?.match(NUMBERS) ?? null;
    this.#next = 0;
    if (depth > 0) this.#nested(coordinates, depth, firstVertex, source);
    else if (coordinates.length > 0) this.#position(coordinates, firstVertex, source);
    else this.#brackets();
    const text = this.#bytes.toString('latin1', 0, this.#at);
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    return text;
  }

  /** Writes an array of positions, or of arrays of them; returns the index of the vertex after it. */
  #nested(
    children: readonly unknown[],
    depth: number,
    firstVertex: number,
    source: CoordinateSource,
  ): number {
    if (children.length === 0) {
      this.#brackets();
      return firstVertex;
    }
    let vertex = firstVertex;
    let opener = OPEN;
    for (const child of children as readonly (readonly unknown[])[]) {
      this.#reserve(1);
      this.#bytes[this.#at++] = opener;
      opener = COMMA;
      if (depth === 1) this.#position(child, vertex++, source);
      else vertex = this.#nested(child, depth - 1, vertex, source);
    }
    this.#reserve(1);
    this.#bytes[this.#at++] = CLOSE;
    return vertex;
  }

  #brackets(): void {
    this.#reserve(2);
    this.#bytes[this.#at++] = OPEN;
    this.#bytes[this.#at++] = CLOSE;
  }

  #position(position: readonly unknown[], vertex: number, { xy, rounding, swapped }: CoordinateSource): void {
    const x = xy[2 * vertex] ?? 0;
    const y = xy[2 * vertex + 1] ?? 0;
    this.#number(OPEN, swapped ? y : x, rounding);
    this.#number(COMMA, swapped ? x : y, rounding);
    for (let i = 2; i < position.length; i++) {
      const further = position[i];
      // JSON has no other numbers: `null` or 1e400 as a height would reach the client as null.
      if (typeof further !== 'number' || !Number.isFinite(further)) break;
      this.#text(`,${this.#published?.[this.#next + i] ?? further}`);
    }
    this.#next += position.length;
    this.#reserve(1);
    this.#bytes[this.#at++] = CLOSE;
  }

  #number(before: number, value: number, rounding: Rounding): void {
    this.#reserve(NUMBER_BYTES);
    this.#bytes[this.#at++] = before;
    const { scale } = rounding;
    const steps = Math.abs(rounding.toScale(value));
    const whole = Math.floor(steps / scale);
    if (!(whole <= MAX_WHOLE)) {
      this.#text(String(rounding.round(value)));
      return;
    }
    if (value < 0 && steps > 0) this.#bytes[this.#at++] = MINUS;
    this.#whole(whole);
    const fraction = steps - whole * scale;
    if (fraction > 0) this.#fraction(fraction, rounding.decimals);
  }

  #whole(whole: number): void {
    let length = 1;
    for (let bound = 10; bound <= whole; bound *= 10) length++;
    const end = this.#at + length;
    let rest = whole | 0;
    for (let at = end - 1; at >= this.#at; at--) {
      const tens = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.#at = end;
  }

  /** Writes a point and the decimals, without trailing zeros. */
  #fraction(fraction: number, decimals: number): void {
    let rest = fraction | 0;
    let length = decimals;
    for (let tens = (rest / 10) | 0; tens * 10 === rest; tens = (rest / 10) | 0) {
      rest = tens;
      length--;
    }
    this.#bytes[this.#at] = POINT;
    for (let at = this.#at + length; at > this.#at; at--) {
      const tens = (rest / 10) | 0;
      this.#bytes[at] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.#at += length + 1;
  }

  #text(text: string): void {
    this.#reserve(text.length);
    this.#at += this.#bytes.write(text, this.#at, 'latin1');
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * this.#bytes.length + bytes);
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

const writer = new CoordinateWriter();

/** The JSON text of a geometry's coordinates, with x and y from `source` and further numbers as published. */
export function coordinatesText(geometry: LayoutGeometry, source: CoordinateSource): string {
  return writer.geometry(geometry, source);
}
