import type { Geometry, LineString, MultiLineString, MultiPolygon, Polygon } from 'geojson';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import fineUrl from 'world-atlas/countries-50m.json?url';
import coarseUrl from 'world-atlas/countries-110m.json?url';

/** Natural Earth's countries as the npm package world-atlas packs them. */
type Atlas = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

/** The base map in longitude and latitude. A map needs only a few of its parts at a time. */
export interface World {
  land: Polygon[];
  coasts: LineString[];
  borders: LineString[];
  countries: { name: string; geometry: Polygon | MultiPolygon }[];
}

export type Detail = 'coarse' | 'fine';

/** 1:110 million for maps of the world, 1:50 million for all others. */
const URLS: Record<Detail, string> = { coarse: coarseUrl, fine: fineUrl };

/**
 * Loads the base map.
 *
 * @throws Error if loading fails
 */
export async function loadWorld(detail: Detail): Promise<World> {
  const response = await fetch(URLS[detail]);
  if (!response.ok) throw new Error(`The base map answered ${response.status} ${response.statusText}.`);
  const atlas = (await response.json()) as Atlas;
  const { countries, land } = atlas.objects;
  return {
    land: feature(atlas, land).features.flatMap(({ geometry }) => polygonsOf(geometry)),
    coasts: linesOf(mesh(atlas, countries, (one, other) => one === other)),
    borders: linesOf(mesh(atlas, countries, (one, other) => one !== other)),
    countries: feature(atlas, countries).features.flatMap(({ geometry, properties }) =>
      geometry.type === 'Polygon' || geometry.type === 'MultiPolygon'
        ? [{ name: properties.name, geometry }]
        : [],
    ),
  };
}

function polygonsOf(geometry: Geometry): Polygon[] {
  if (geometry.type === 'GeometryCollection') return geometry.geometries.flatMap(polygonsOf);
  if (geometry.type === 'Polygon') return [geometry];
  if (geometry.type !== 'MultiPolygon') return [];
  return geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates }));
}

function linesOf({ coordinates }: MultiLineString): LineString[] {
  return coordinates.map((line) => ({ type: 'LineString', coordinates: line }));
}
