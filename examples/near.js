import { defineCommand } from '@viaduct/gateway';

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

/** A filter on a circle around a place. */
export default defineCommand(
  {
    name: 'NEAR',
    summary: 'Sends only features whose point is near a place; NEAR alone ends that.',
    arguments: {
      circle: {
        type: 'group',
        members: {
          lon: { type: 'number', unit: 'degrees', doc: 'longitude of the place' },
          lat: { type: 'number', unit: 'degrees', doc: 'latitude of the place' },
          metres: { type: 'number', unit: 'metres', doc: 'maximum distance from the place' },
        },
      },
    },
  },
  {
    run(context, { circle }) {
      if (circle === null) return context.setFilter('near', null);
      context.setFilter('near', (content) => {
        const feature = /** @type {{ geometry?: { type: string, coordinates: number[] } } | null} */ (
          content
        );
        if (feature?.geometry?.type !== 'Point') return false;
        return distance([circle.lon, circle.lat], feature.geometry.coordinates) <= circle.metres;
      });
    },
  },
);
