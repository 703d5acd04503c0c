import { type Debounced, debounce } from './debounce.js';
import { countFollower, type FollowOptions, followSettings, reportFailure } from './follow-options.js';
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
  const { debounceMs, longestMs, margin } = followSettings(options);
  const leave = countFollower(viaduct, name);
  const sendBounds = (): void => {
    const bounds = boundsOf();
    if (bounds === null) return;
    const box = extended(bounds, margin);
    const { view } = viaduct;
    const isSet = view.projection?.toLowerCase() === MAP_CRS;
    // What the program has set otherwise stays.
    const confirmed = isSet ? viaduct.setBox(box, view) : viaduct.setProjection(MAP_CRS, { box });
    confirmed.catch((error: unknown) => reportFailure(error, name, options));
  };
  const debounced = debounce(sendBounds, debounceMs, longestMs);
  return {
    ...debounced,
    cancel: () => {
      debounced.cancel();
      leave();
    },
  };
}

function extended([west, south, east, north]: Box, margin: number): Box {
  const dx = (east - west) * margin;
  const dy = (north - south) * margin;
  return [west - dx, south - dy, east + dx, north + dy];
}
