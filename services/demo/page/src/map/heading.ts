import type { Coordinate } from 'ol/coordinate.js';
import { type MapCrs, projector, unprojector } from '../crs.js';

/** Length of the step that shows where a heading leads on the map, in degrees of a great circle. */
const STEP = 0.02;

const RADIANS = Math.PI / 180;

/**
 * Computes how far to turn a symbol that points up, in radians clockwise. On most maps, north is not up everywhere,
 * so the step is made on the sphere and then projected.
 *
 * @returns a function of the position on the map and the heading in degrees clockwise from north
 */
export function turner(crs: MapCrs): (position: Coordinate, heading: number) => number {
  const project = projector(crs);
  const unproject = unprojector(crs);
  return (position, heading) => {
    const [longitude, latitude] = unproject(position);
    const course = heading * RADIANS;
    const narrowing = Math.max(Math.cos(latitude * RADIANS), 1e-6);
    const [x, y] = project([
      longitude + (Math.sin(course) * STEP) / narrowing,
      latitude + Math.cos(course) * STEP,
    ]);
    const turn = Math.atan2(x - (position[0] ?? 0), y - (position[1] ?? 0));
    return Number.isFinite(turn) ? turn : course;
  };
}
