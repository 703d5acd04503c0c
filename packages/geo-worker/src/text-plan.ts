import { asCollection, asFeatures, asSimpleGeometry, isFeature, isObject, MAX_NESTING } from './geojson.js';
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isName,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipBlank,
  skipString,
  skipValue,
} from './json-text.js';

/** How a span of the text changes when coordinates change. */
export const Edit = {
  /** Left out: a member that is true for the published coordinates only. The index is that in STALE_MEMBERS. */
  drop: 0,
  /** The coordinates of a geometry, replaced. The index is that of the geometry in the layout. */
  coordinates: 1,
  /** The geometry of an item, replaced by null when it cannot be written. The index is that of the item. */
  geometry: 2,
} as const;

/** Numbers for each edit: kind, start and end in the text, index. */
export const EDIT_SIZE = 4;

/** Numbers for each feature: start and end in the text, first edit that can be within it (an offset in the edits). */
export const FEATURE_SIZE = 3;

/** The places of GeoJSON in a message's text. They are offsets in UTF-16 code units, ends exclusive. */
export interface TextPlan {
  /** The edits in the order of the text, EDIT_SIZE numbers each. An edit may be within a geometry edit before it. */
  readonly edits: readonly number[];
  /** The features of a FeatureCollection, FEATURE_SIZE numbers each; else empty. */
  readonly features: readonly number[];
}

/** Members that describe the published coordinates: RFC 7946, section 5, and its predecessor of 2008, section 3. */
export const STALE_MEMBERS: readonly string[] = ['bbox', 'crs'];
const STALE_ENDS = STALE_MEMBERS.map((name) => `${name}"`);

/** An object has two members with the same name, and readers differ on which of them counts. */
class AmbiguousText extends Error {}

/** Walks the JSON text of a message in parallel with its parsed value, which says what each object is. */
class Planner implements TextPlan {
  readonly edits: number[] = [];
  readonly features: number[] = [];
  readonly #text: string;
  #items = 0;
  #geometries = 0;

  constructor(text: string) {
    this.#text = text;
  }

  message(value: unknown): void {
    const start = skipBlank(this.#text, 0);
    const features = asFeatures(value);
    if (features === null) this.#item(start, value);
    else
      this.#object(start, 'features', (at) =>
        this.#elements(at, (child, i) => this.#feature(child, features[i])),
      );
  }

  #feature(start: number, value: unknown): number {
    const edit = this.edits.length;
    const end = this.#item(start, value);
    this.features.push(start, end, edit);
    return end;
  }

  #item(start: number, value: unknown): number {
    const item = this.#items++;
    if (!isFeature(value)) return this.#itemGeometry(start, value, item);
    return this.#object(start, 'geometry', (at) => this.#itemGeometry(at, value.geometry, item));
  }

  #itemGeometry(start: number, value: unknown, item: number): number {
    const edit = this.edits.length;
    this.edits.push(Edit.geometry, start, 0, item);
    const end = this.#geometry(start, value, 0);
    this.edits[edit + 2] = end;
    return end;
  }

  #geometry(start: number, value: unknown, nesting: number): number {
    if (!isObject(value)) return skipValue(this.#text, start);
    if (asSimpleGeometry(value) !== null)
      return this.#object(start, 'coordinates', (at) => this.#coordinates(at));
    const members = asCollection(value);
    if (members === null || nesting === MAX_NESTING) return skipValue(this.#text, start);
    const member = (at: number, index: number) => this.#geometry(at, members[index], nesting + 1);
    return this.#object(start, 'geometries', (at) => this.#elements(at, member));
  }

  #coordinates(start: number): number {
    const end = skipValue(this.#text, start);
    this.edits.push(Edit.coordinates, start, end, this.#geometries++);
    return end;
  }

  /** Skips an object: `inside` skips the value of the member `name`; stale members are dropped, others stay. */
  #object(start: number, name: string, inside: (at: number) => number): number {
    const text = this.#text;
    this.#expect(start, OPEN_BRACE);
    let seen = false;
    let kept = false;
    let before = start + 1;
    let at = skipBlank(text, before);
    while (text.charCodeAt(at) === QUOTE) {
      const nameEnd = skipString(text, at);
      const found = isName(text, at, nameEnd, name);
      const stale = STALE_MEMBERS.findIndex((member) => isName(text, at, nameEnd, member));
      if (found && seen) throw new AmbiguousText();
      seen ||= found;
      const valueStart = skipBlank(text, skipBlank(text, nameEnd) + 1);
      const end = found ? inside(valueStart) : skipValue(text, valueStart);
      const next = skipComma(text, end);
      // The comma before the member is dropped, too; if there is no member before it, the comma after it.
      if (stale >= 0) this.edits.push(Edit.drop, kept ? before : at, kept ? end : next, stale);
      else kept = true;
      before = end;
      at = next;
    }
    return at + 1;
  }

  /** Skips an array; `inside` skips each element. */
  #elements(start: number, inside: (at: number, index: number) => number): number {
    const text = this.#text;
    this.#expect(start, OPEN_BRACKET);
    let at = skipBlank(text, start + 1);
    for (let index = 0; text.charCodeAt(at) !== CLOSE_BRACKET; index++)
      at = skipComma(text, inside(at, index));
    return at + 1;
  }

  /** If the text does not match the value, the value is that of a later member with the same name. */
  #expect(start: number, unit: number): void {
    if (this.#text.charCodeAt(start) !== unit) throw new AmbiguousText();
  }
}

/** Skips blanks, a comma if there is one, and the blanks after it. */
function skipComma(text: string, start: number): number {
  const at = skipBlank(text, start);
  return text.charCodeAt(at) === COMMA ? skipBlank(text, at + 1) : at;
}

/**
 * Plans all edits of a message's text. Returns null if an object has its `features`, `geometry`, `geometries` or
 * `coordinates` twice: such a text can be planned without the repeated members.
 *
 * @param text valid JSON
 * @param value the parsed text
 */
export function planText(text: string, value: unknown): TextPlan | null {
  const planner = new Planner(text);
  try {
    planner.message(value);
    return planner;
  } catch (error) {
    if (error instanceof AmbiguousText) return null;
    throw error;
  }
}

/**
 * The end of the only name that planCoordinates searches for. Without its first quote, because rarer characters are found
 * faster.
 */
const COORDINATES = 'coordinates"';

/**
 * Plans the edits of coordinates alone, several times as fast as `planText`: with the engine's own string search.
 * Returns null unless the text is simple, as most are: without escapes, without stale members, and with the name
 * `coordinates` in geometries only.
 *
 * @param geometries how many geometries with coordinates the message has; these hold nothing but numbers
 */
export function planCoordinates(text: string, geometries: number): TextPlan | null {
  if (text.includes('\\') || STALE_ENDS.some((end) => text.includes(end))) return null;
  const edits: number[] = [];
  let name = text.indexOf(COORDINATES);
  for (let geometry = 0; geometry < geometries; geometry++) {
    const colon = skipBlank(text, name + COORDINATES.length);
    if (name < 0 || text.charCodeAt(colon) !== COLON) return null;
    const start = skipBlank(text, colon + 1);
    const end = endOfNumbers(text, start);
    edits.push(Edit.coordinates, start, end, geometry);
    name = text.indexOf(COORDINATES, end);
  }
  // Every geometry has the name. So if the numbers are equal, only geometries have it.
  return name < 0 ? { edits, features: [] } : null;
}

/** The end of an array of numbers, nested or not: after the last bracket before its object's next member or end. */
function endOfNumbers(text: string, start: number): number {
  const close = text.indexOf('}', start);
  const quote = text.indexOf('"', start);
  return text.lastIndexOf(']', quote < 0 ? close : Math.min(quote, close)) + 1;
}
