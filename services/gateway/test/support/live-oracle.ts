import { bboxPolygon, booleanIntersects } from '@turf/turf';
import type { Feature } from 'geojson';
import proj4 from 'proj4';

/** The view of a client: the sides of its box in the CRS of the box; null for no box. */
export interface OracleView {
  readonly box: readonly [number, number, number, number] | null;
  readonly boxCrs: 'epsg:4326' | 'epsg:3857';
  readonly held: boolean;
  /** The sides of the area to which a token confines the client, in degrees; null for none. */
  readonly area: readonly [number, number, number, number] | null;
}

/** Whether a feature is in a view, according to proj4 and turf alone. */
export function isShown(feature: Feature, { box, boxCrs, held, area }: OracleView): boolean {
  if (held) return false;
  if (area !== null && !meets(feature, area)) return false;
  if (box === null) return true;
  return meets(boxCrs === 'epsg:4326' ? feature : projected(feature), box);
}

function meets(
  feature: Feature,
  [minX, minY, maxX, maxY]: readonly [number, number, number, number],
): boolean {
  return booleanIntersects(feature, bboxPolygon([minX, minY, maxX, maxY]));
}

/** A feature in EPSG:3857. */
function projected(feature: Feature): Feature {
  const project = (coordinates: unknown): unknown =>
    Array.isArray(coordinates) && typeof coordinates[0] === 'number'
      ? proj4('EPSG:4326', 'EPSG:3857', coordinates as number[])
      : (coordinates as unknown[]).map(project);
  const { coordinates, type } = feature.geometry as { coordinates: unknown; type: string };
  return { ...feature, geometry: { type, coordinates: project(coordinates) } as Feature['geometry'] };
}
