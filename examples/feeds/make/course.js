// Where the vehicles of the samples are at any time.

const RADIANS = Math.PI / 180;
const METRES_PER_DEGREE = 111_195;

/**
 * A place, and the direction of travel in degrees clockwise from north.
 *
 * @typedef {{ lon: number, lat: number, heading: number }} Place
 */

/**
 * A course along points, at a constant speed.
 *
 * @param {readonly (readonly [number, number])[]} points longitude and latitude
 * @param {number} speed metres per second
 * @param {number} [start] metres already travelled at the time 0
 * @returns {(seconds: number) => Place} the place at a time; at either end, the vehicle turns round
 */
export function course(points, speed, start = 0) {
  const legs = points.slice(1).map((to, i) => leg(points[i] ?? to, to));
  const length = legs.reduce((sum, { metres }) => sum + metres, 0);
  return (seconds) => {
    const gone = (start + speed * seconds) % (2 * length);
    const isBack = gone > length;
    let rest = isBack ? 2 * length - gone : gone;
    for (const { from, to, metres, heading } of legs) {
      if (rest <= metres) {
        const part = rest / metres;
        return {
          lon: from[0] + (to[0] - from[0]) * part,
          lat: from[1] + (to[1] - from[1]) * part,
          heading: isBack ? (heading + 180) % 360 : heading,
        };
      }
      rest -= metres;
    }
    throw new Error('the course has no length');
  };
}

/**
 * @param {readonly [number, number]} from
 * @param {readonly [number, number]} to
 */
function leg(from, to) {
  const east = (to[0] - from[0]) * Math.cos(((from[1] + to[1]) / 2) * RADIANS) * METRES_PER_DEGREE;
  const north = (to[1] - from[1]) * METRES_PER_DEGREE;
  const heading = (Math.atan2(east, north) / RADIANS + 360) % 360;
  return { from, to, metres: Math.hypot(east, north), heading };
}
