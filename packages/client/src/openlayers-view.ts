import type OlMap from 'ol/Map.js';
import { unByKey } from 'ol/Observable.js';
import type { Projection } from 'ol/proj.js';
import type View from 'ol/View.js';
import type { Stop } from './emitter.js';
import { type FollowOptions, follow, type MapView } from './follow.js';
import type { Viaduct } from './viaduct.js';
import type { Box } from './view.js';

/**
 * Keeps the session's box and projection equal to those of an OpenLayers map: the box when the map has moved, and
 * both at once when the map gets a view with another projection, which must be in the EPSG Dataset.
 *
 * @returns a function that ends it; box and projection stay
 *
 * @example see {@link LiveVectorSource}
 */
export function followView(viaduct: Viaduct, map: OlMap, options: FollowOptions = {}): Stop {
  const viewOf = (margin: number): MapView | null => {
    const view = map.getView();
    const box = boxOf(map, view, margin);
    return box === null ? null : { crs: epsgCode(view.getProjection()), box };
  };
  const { later, now, cancel } = follow(viaduct, 'followView', viewOf, options);
  let viewKey = map.getView().on('propertychange', later);
  const keys = [
    map.on('change:size', later),
    map.on('change:view', () => {
      unByKey(viewKey);
      viewKey = map.getView().on('propertychange', later);
      now();
    }),
  ];
  now();
  return () => {
    cancel();
    unByKey([viewKey, ...keys]);
  };
}

/**
 * The part of the plane that the map shows, in whichever world, with a margin; null while the map has no size or its view no
 * centre.
 */
function boxOf(map: OlMap, view: View, margin: number): Box | null {
  const size = map.getSize();
  if (size === undefined || !view.isDef()) return null;
  const [minX = 0, minY = 0, maxX = 0, maxY = 0] = view.calculateExtent(size);
  const dx = (maxX - minX) * margin;
  const dy = (maxY - minY) * margin;
  return [minX - dx, minY - dy, maxX + dx, maxY + dy];
}

/** An OpenLayers projection by the name that the gateway knows. */
function epsgCode(projection: Projection): string {
  const code = projection.getCode();
  return code === 'CRS:84' ? 'epsg:4326' : code.toLowerCase();
}
