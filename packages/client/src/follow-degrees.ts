import type { Debounced } from './debounce.js';
import { type FollowOptions, follow, type MapView } from './follow.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';

/** The CRS of data for maps that project by themselves. */
const MAP_CRS = 'epsg:4326';

/**
 * Sends the bounds of a map, in degrees and with a margin, as the session's box. Bounds beyond 180 degrees continue around the
 * earth.
 *
 * @param name of the caller, for errors
 * @param boundsOf returns null while the map has none
 */
export function followDegrees(
  viaduct: Viaduct,
  name: string,
  boundsOf: () => Box | null,
  options: FollowOptions,
): Debounced {
  const viewOf = (margin: number): MapView | null => {
    const bounds = boundsOf();
    return bounds === null ? null : { crs: MAP_CRS, box: extended(bounds, margin) };
  };
  return follow(viaduct, name, viewOf, options);
}

function extended([west, south, east, north]: Box, margin: number): Box {
  const dx = (east - west) * margin;
  const dy = (north - south) * margin;
  return [west - dx, south - dy, east + dx, north + dy];
}
