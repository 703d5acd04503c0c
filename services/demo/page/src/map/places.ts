import { AIRPORTS } from '../../../src/airports.js';
import { distanceKm } from '../../../src/great-circle.js';
import { LINES } from '../../../src/railways.js';
import type { LonLat } from '../crs.js';

/** A place with a name on the map. */
export interface Place {
  name: string;
  position: LonLat;
  /** If several need the same space, the one with more lines or with an airport gets it. */
  weight: number;
}

/** An airport this close to a station, in kilometres, belongs to the same city. */
const SAME_CITY_KM = 45;

/** Stations by the number of their lines. */
function stations(): Place[] {
  const places = new Map<string, Place>();
  for (const { city, position } of LINES.flatMap(({ stops }) => stops)) {
    const place = places.get(city) ?? { name: city, position, weight: 0 };
    place.weight += 1;
    places.set(city, place);
  }
  return [...places.values()];
}

function cities(): Place[] {
  const known = stations();
  const served = (position: LonLat): Place | undefined =>
    known.find((station) => distanceKm([...station.position], [...position]) < SAME_CITY_KM);
  const others: Place[] = [];
  for (const { city, position } of AIRPORTS) {
    const station = served(position);
    if (station === undefined) others.push({ name: city, position, weight: 4 });
    else station.weight += 2;
  }
  return [...known, ...others];
}

/** Every city that has a station or an airport of the feed. */
export const CITIES: readonly Place[] = cities();
