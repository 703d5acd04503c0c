import { AREA, pointX, pointY, random } from './world.js';

/** The kind of a message. */
export type Shape =
  /** A point feature; `bytes` is its size as JSON, at least 200. */
  | { kind: 'point'; bytes: number }
  /** A LineString feature with this many vertices. */
  | { kind: 'line'; vertices: number }
  /** A FeatureCollection of a point, as above, and lines that fill this many bytes. */
  | { kind: 'collection'; bytes: number };

/**
 * Every message has its number and its due time, next to each other and with a fixed number of digits, so that the
 * receiver reads them without parsing: `"seq":1000000042,"t":1000001234567890`. Both count from a base that keeps
 * their length.
 */
export const SEQ_MARKER = '"seq":';
export const TIME_MARKER = ',"t":';
export const SEQ_BASE = 1e9;
export const SEQ_DIGITS = 10;
export const TIME_BASE = 1e15;
export const TIME_DIGITS = 16;

/** Number of distinct feature ids. */
const IDS = 10_000;
/** Messages are made from this many templates, which differ in their filling. */
const VARIANTS = 16;
const WORDS =
  'arrival bern cancelled delayed east fribourg gate historic intercity junction luzern morning north olten platform'.split(
    ' ',
  );

/** Vertices of each line of a collection. */
const LINE_VERTICES = 20;

/** Longitudes have one digit before the point, latitudes two, and both six after it. */
const X_LENGTH = 8;
const Y_LENGTH = 9;
const VERTEX_LENGTH = X_LENGTH + Y_LENGTH + 4;

interface Template {
  bytes: Buffer;
  seqAt: number;
  timeAt: number;
  idAt: number;
  /** Where the first vertex begins: at its `[`. */
  vertexAt: number;
}

/** Writes messages as JSON: fills numbers into prepared text. */
export class MessageWriter {
  readonly #templates: readonly Template[];
  readonly #vertices: number;

  constructor(shape: Shape) {
    this.#vertices = shape.kind === 'line' ? shape.vertices : 1;
    const variants = shape.kind === 'collection' ? 1 : VARIANTS;
    this.#templates = Array.from({ length: variants }, (_, variant) => template(shape, variant));
  }

  /** Size of a message in bytes; all have the same length. */
  get length(): number {
    return this.#templates[0]?.bytes.length ?? 0;
  }

  /**
   * Writes message `k`.
   *
   * @param timeUs when it was due, on the clock of `nowUs()`
   * @returns where it ends
   */
  write(target: Buffer, at: number, k: number, timeUs: number): number {
    const from = this.#templates[k % this.#templates.length];
    if (from === undefined) return at;
    from.bytes.copy(target, at);
    writeDigits(target, at + from.seqAt, SEQ_BASE + k, SEQ_DIGITS);
    writeDigits(target, at + from.timeAt, TIME_BASE + timeUs, TIME_DIGITS);
    writeDigits(target, at + from.idAt, k % IDS, 5);
    let x = pointX(k);
    let y = pointY(k);
    for (let v = 0; v < this.#vertices; v++) {
      writeVertex(target, at + from.vertexAt + v * VERTEX_LENGTH, x, y);
      x += Math.floor(random(k, 2 * v) * 128) - 48;
      y += Math.floor(random(k, 2 * v + 1) * 128) - 48;
    }
    return at + from.bytes.length;
  }

  /** Message `k` as text. */
  text(k: number, timeUs: number): string {
    const bytes = Buffer.alloc(this.length);
    this.write(bytes, 0, k, timeUs);
    return bytes.toString();
  }
}

function template(shape: Shape, variant: number): Template {
  const empty = render(shape, '');
  const room = shape.kind === 'point' ? shape.bytes - empty.length : 0;
  if (room < 0)
    throw new RangeError(`a point message has at least ${empty.length} bytes, not ${empty.length + room}`);
  const text = render(shape, filling(room, variant));
  const after = (marker: string): number => text.indexOf(marker) + marker.length;
  return {
    bytes: Buffer.from(text),
    seqAt: after(SEQ_MARKER),
    timeAt: after(TIME_MARKER),
    idAt: after('"id":"veh_'),
    vertexAt: shape.kind === 'line' ? after('"coordinates":[') : after('"coordinates":'),
  };
}

function render(shape: Shape, note: string): string {
  const stamps = `${SEQ_MARKER}${SEQ_BASE}${TIME_MARKER}${TIME_BASE}`;
  const vertex = coordinates(AREA.left, AREA.bottom);
  const geometry =
    shape.kind === 'line'
      ? `"LineString","coordinates":[${new Array<string>(shape.vertices).fill(vertex).join(',')}]`
      : `"Point","coordinates":${vertex}`;
  const feature = `{"type":"Feature","properties":{${stamps},"id":"veh_00000","line":"IR 75","note":"${note}"},"geometry":{"type":${geometry}}}`;
  if (shape.kind !== 'collection') return feature;
  return `{"type":"FeatureCollection","features":[${feature},${lines(shape.bytes).join(',')}]}`;
}

/** Lines of {@link LINE_VERTICES} vertices all over the area, of this many bytes together. */
function lines(bytes: number): string[] {
  const features: string[] = [];
  for (let used = 0, k = 0; used < bytes; k++) {
    const vertices = Array.from({ length: LINE_VERTICES }, (_, v) =>
      coordinates(pointX(k) + 1000 * v, pointY(k) + Math.floor(random(k, v) * 1000)),
    );
    const geometry = `{"type":"LineString","coordinates":[${vertices.join(',')}]}`;
    features.push(`{"type":"Feature","properties":{"id":"line_${k}"},"geometry":${geometry}}`);
    used += features[k]?.length ?? bytes;
  }
  return features;
}

/** Text that compresses about as well as the attributes of real features. */
function filling(length: number, variant: number): string {
  let text = '';
  for (let n = 0; text.length < length; n++) {
    const word = WORDS[Math.floor(random(variant + 100, 2 * n) * WORDS.length)];
    text += `${word} ${Math.floor(random(variant + 100, 2 * n + 1) * 10_000)} `;
  }
  return text.slice(0, length);
}

function coordinates(x: number, y: number): string {
  return `[${(x / 1e6).toFixed(6)},${(y / 1e6).toFixed(6)}]`;
}

function writeVertex(target: Buffer, at: number, x: number, y: number): void {
  writeDegrees(target, at + 1, x, X_LENGTH);
  writeDegrees(target, at + 2 + X_LENGTH, y, Y_LENGTH);
}

/** Writes micro-degrees as degrees around the decimal point that the template has. */
function writeDegrees(target: Buffer, at: number, value: number, length: number): void {
  writeDigits(target, at + length - 6, value % 1e6, 6);
  writeDigits(target, at, Math.floor(value / 1e6), length - 7);
}

/** Writes a whole number with leading zeros. */
export function writeDigits(target: Buffer, at: number, value: number, width: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    target[i] = 48 + rest - next * 10;
    rest = next;
  }
}

/** Reads a number of digits. */
export function readDigits(source: Buffer, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) value = value * 10 + (source[i] ?? 48) - 48;
  return value;
}
