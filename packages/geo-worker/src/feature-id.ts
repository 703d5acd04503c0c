import { isFeature, isObject } from './geojson.js';
import { isName, QUOTE, skipBlank, skipString, skipValue } from './json-text.js';

/**
 * What identifies a GeoJSON Feature (RFC 7946 section 3.2). A number and its digits as text are two ids; an integer that
 * a double cannot hold exactly is a bigint. A number beyond the largest double identifies nothing.
 */
export type FeatureId = string | number | bigint;

/**
 * The id of a Feature: its member `id` or, if it has none, a member of its `properties`. Null for a Feature with neither,
 * and for everything that is not a Feature.
 *
 * @param value the parsed text
 * @param property name of that member of the properties; empty for none
 */
export function featureId(text: string, value: unknown, property: string): FeatureId | null {
  if (!isFeature(value)) return null;
  const { id } = value;
  if (id !== undefined && id !== null) return exact(id, () => memberText(text, skipBlank(text, 0), 'id'));
  if (property === '' || !isObject(value.properties) || !Object.hasOwn(value.properties, property))
    return null;
  return exact(value.properties[property], () => {
    const properties = memberStart(text, skipBlank(text, 0), 'properties');
    return properties === null ? '' : memberText(text, properties, property);
  });
}

/** The id as JSON text: the same for equal ids, and different for different ones. */
export function idText(id: FeatureId): string {
  return typeof id === 'string' ? JSON.stringify(id) : String(id);
}

/** @param digits the number in the text, if JSON.parse has rounded it */
function exact(id: unknown, digits: () => string): FeatureId | null {
  if (typeof id === 'string') return id;
  if (typeof id !== 'number') return null;
  if (Math.abs(id) <= Number.MAX_SAFE_INTEGER) return id;
  // Each use of an integer with tens of thousands of digits would take milliseconds.
  if (!Number.isFinite(id)) return null;
  const written = digits();
  return /^-?\d+$/u.test(written) ? BigInt(written) : id;
}

function memberText(text: string, object: number, name: string): string {
  const start = memberStart(text, object, name);
  return start === null ? '' : text.slice(start, skipValue(text, start));
}

/** Where the value of a member begins. Of several members with the name, the last one counts, as in JSON.parse. */
function memberStart(text: string, object: number, name: string): number | null {
  let found: number | null = null;
  let at = skipBlank(text, object + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = skipString(text, at);
    const value = skipBlank(text, skipBlank(text, nameEnd) + 1);
    if (isName(text, at, nameEnd, name)) found = value;
    // Past the comma, or at the brace that ends the object.
    at = skipBlank(text, skipBlank(text, skipValue(text, value)) + 1);
  }
  return found;
}
