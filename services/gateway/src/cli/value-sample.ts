import { isUtf8 } from 'node:buffer';
import { GeoMessage } from '@viaduct/geo-worker';

/** How many of some values of a hash are what. */
export interface Sample {
  looked: number;
  /** GeoJSON. */
  geo: number;
  /** Not JSON. */
  invalid: number;
  notUtf8: number;
  /** GeoJSON with coordinates that are not degrees. */
  notDegrees: number;
  /** Features that nothing identifies. */
  noId: number;
}

/** @param idProperty member of `properties` that identifies a Feature without an `id`; empty for none */
export function sampleOf(values: readonly Buffer[], idProperty: string): Sample {
  const sample = { looked: values.length, geo: 0, invalid: 0, notUtf8: 0, notDegrees: 0, noId: 0 };
  for (const value of values) {
    const message = isUtf8(value) ? parsed(value.toString()) : null;
    if (!isUtf8(value)) sample.notUtf8 += 1;
    else if (message === null) sample.invalid += 1;
    else if (message.isGeo) {
      sample.geo += 1;
      if (!isInDegrees(message.value)) sample.notDegrees += 1;
      if (message.isFeature && message.featureId(idProperty) === null) sample.noId += 1;
    }
  }
  return sample;
}

/** A value; null if it is not JSON. */
function parsed(text: string): GeoMessage | null {
  try {
    return GeoMessage.parse(text);
  } catch {
    return null;
  }
}

/** Whether all positions in a GeoJSON object have a latitude from -90 to 90 as their second number. */
function isInDegrees(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const { coordinates, geometry, geometries, features } = value as Record<string, unknown>;
  const parts = [geometry, geometries, features].flat();
  return areLatitudes(coordinates) && parts.every(isInDegrees);
}

function areLatitudes(coordinates: unknown): boolean {
  if (!Array.isArray(coordinates)) return true;
  if (typeof coordinates[0] !== 'number') return coordinates.every(areLatitudes);
  return typeof coordinates[1] !== 'number' || Math.abs(coordinates[1]) <= 90;
}
