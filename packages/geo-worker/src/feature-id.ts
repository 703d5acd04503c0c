import { isFeature, isObject } from './geojson.js';

/** What a GeoJSON Feature is called among others (RFC 7946 section 3.2); a number and its digits as text are two ids. */
export type FeatureId = string | number;

/**
 * The id of a Feature: its member `id` or, where it has none, a member of its `properties`. Null for a Feature that has
 * neither, and for all that is no Feature.
 *
 * @param property name of that member of the properties; empty for none
 */
export function featureId(value: unknown, property: string): FeatureId | null {
  if (!isFeature(value)) return null;
  const { id = property === '' ? null : propertyOf(value.properties, property) } = value;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function propertyOf(properties: unknown, name: string): unknown {
  return isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : null;
}
