import { isUtf8 } from 'node:buffer';
import { DATA_CRS, type FeatureId, GeoMessage } from '@viaduct/geo-worker';

/** Counts of values of a hash, by their kind. */
export interface Sample {
  looked: number;
  /** GeoJSON. */
  geo: number;
  /** Not JSON. */
  invalid: number;
  notUtf8: number;
  /** JSON that is neither a Feature nor a FeatureCollection. */
  noFeature: number;
  /** GeoJSON with coordinates that are not the positions that its type demands. */
  broken: number;
  /** GeoJSON with coordinates that are not degrees. */
  notDegrees: number;
  /** Features without an id. */
  noId: number;
  /** Features whose field is not their id. */
  otherField: number;
}

/** A value of a hash, and the name of its field. */
export type HashEntry = readonly [field: Buffer, value: Buffer];

const NOTHING: Sample = {
  looked: 0,
  geo: 0,
  invalid: 0,
  notUtf8: 0,
  noFeature: 0,
  broken: 0,
  notDegrees: 0,
  noId: 0,
  otherField: 0,
};

/** @param idProperty member of `properties` that identifies a Feature without an `id`; empty for none */
export function sampleOf(entries: readonly HashEntry[], idProperty: string): Sample {
  const sample = { ...NOTHING, looked: entries.length };
  for (const [field, value] of entries) {
    const message = isUtf8(value) ? parsed(value.toString()) : null;
    if (!isUtf8(value)) sample.notUtf8 += 1;
    else if (message === null) sample.invalid += 1;
    else {
      if (message.isGeo) sample.geo += 1;
      if (message.isFeature) countIds(sample, message.featureId(idProperty), field);
      else if (!message.isGeo || !isCollection(message.value)) sample.noFeature += 1;
      countPlaces(sample, message);
    }
  }
  return sample;
}

function countIds(sample: Sample, id: FeatureId | null, field: Buffer): void {
  if (id === null) sample.noId += 1;
  else if (String(id) !== field.toString()) sample.otherField += 1;
}

function countPlaces(sample: Sample, message: GeoMessage): void {
  if (!isInDegrees(message.value)) sample.notDegrees += 1;
  else if (message.unlocated(DATA_CRS) > 0) sample.broken += 1;
}

function isCollection(value: unknown): boolean {
  return (value as { type?: unknown } | null)?.type === 'FeatureCollection';
}

/** A value; null if it is not JSON. */
export function parsed(text: string): GeoMessage | null {
  try {
    return GeoMessage.parse(text);
  } catch {
    return null;
  }
}

/** What is nested deeper is not checked: no map can draw it, and checking it could exhaust the stack. */
const MAX_NESTING = 40;

/** Whether all positions in a GeoJSON object have a latitude from -90 to 90 as their second number. */
function isInDegrees(value: unknown, nesting = 0): boolean {
  if (typeof value !== 'object' || value === null || nesting > MAX_NESTING) return true;
  const { coordinates, geometry, geometries, features } = value as Record<string, unknown>;
  const parts = [geometry, geometries, features].flat();
  return areLatitudes(coordinates, 0) && parts.every((part) => isInDegrees(part, nesting + 1));
}

function areLatitudes(coordinates: unknown, nesting: number): boolean {
  if (!Array.isArray(coordinates) || nesting > MAX_NESTING) return true;
  if (typeof coordinates[0] !== 'number') return coordinates.every((part) => areLatitudes(part, nesting + 1));
  return typeof coordinates[1] !== 'number' || Math.abs(coordinates[1]) <= 90;
}
