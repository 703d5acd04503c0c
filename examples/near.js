import { bindArgs, CommandError, defineCommand, parseDecimal } from '@viaduct/gateway';

const USAGE = 'NEAR [lon lat metres]';
const PARAMS = [{ name: 'lon' }, { name: 'lat' }, { name: 'metres' }];
const EARTH_RADIUS_M = 6_371_008.8;

/**
 * Great-circle distance in metres between two positions, longitude and latitude in degrees (haversine formula).
 *
 * @type {(from: number[], to: number[]) => number}
 */
function distance([lon1 = 0, lat1 = 0], [lon2 = 0, lat2 = 0]) {
  const radian = Math.PI / 180;
  const cosines = Math.cos(lat1 * radian) * Math.cos(lat2 * radian);
  const [x = 0, y = 0] = [lon2 - lon1, lat2 - lat1].map((angle) => Math.sin((angle / 2) * radian) ** 2);
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(y + cosines * x));
}

/** Sends only features whose point lies within so many metres of a place; `NEAR` alone ends that. */
export default defineCommand({
  name: 'NEAR',
  usage: USAGE,
  parse(args) {
    const { lon, lat, metres } = bindArgs(args, PARAMS, USAGE);
    if (lon === undefined) return null;
    if (!lat || !metres) throw new CommandError('missing_argument', `usage: ${USAGE}`);
    const place = [parseDecimal(lon, 'lon'), parseDecimal(lat, 'lat')];
    return { place, metres: parseDecimal(metres, 'metres') };
  },
  run(context, circle) {
    if (circle === null) return context.setFilter('near', null);
    context.setFilter('near', (content) => {
      const feature = /** @type {{ geometry?: { type: string, coordinates: number[] } } | null} */ (content);
      if (feature?.geometry?.type !== 'Point') return false;
      return distance(circle.place, feature.geometry.coordinates) <= circle.metres;
    });
  },
});
