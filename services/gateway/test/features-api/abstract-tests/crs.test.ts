import type { Feature, Point, Position } from 'geojson';
import proj4 from 'proj4';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  CRS84,
  epsg,
  type FeaturesClient,
  type FeaturesDocument,
  idsOf,
} from '../../support/features-client.js';
import { type CollectionDocument, ITEMS, startApi, TRAINS } from './api.js';

let api: FeaturesClient;

beforeAll(async () => {
  api = await startApi();
});

describe('Coordinate Reference Systems by Reference', () => {
  const CRSS = [CRS84, epsg(4326), epsg(3857), epsg(2056)];

  test('/conf/crs/crs-uri, /conf/crs/default-crs, /conf/crs/storageCrs: a collection names its CRSs', async () => {
    const collection = await api.json<CollectionDocument>('/collections/trains');
    expect([collection.crs, collection.storageCrs]).toEqual([CRSS, CRS84]);
  });

  test('/conf/crs/crs-parameter, /conf/crs/crs-parameter-default: the answer says in which CRS it is', async () => {
    for (const path of [ITEMS, `${ITEMS}/a`]) {
      expect((await api.ask(path)).headers.get('content-crs')).toBe(`<${CRS84}>`);
      for (const crs of CRSS) {
        const answer = await api.ask(`${path}?crs=${encodeURIComponent(crs)}`);
        expect([answer.status, answer.headers.get('content-crs')]).toEqual([200, `<${crs}>`]);
      }
    }
  });

  test.each(['crs', 'bbox-crs'])(
    '/conf/crs/crs-parameter-invalid, /conf/crs/bbox-crs-parameter-invalid: another %s is refused',
    async (name) => {
      for (const crs of [epsg(25832), 'EPSG:3857', 'x', '']) {
        expect([crs, await api.status(`${ITEMS}?${name}=${encodeURIComponent(crs)}`)]).toEqual([crs, 400]);
      }
    },
  );

  // EPSG:2056 as the Federal Office of Topography defines it for approximate use: https://epsg.io/2056.proj4
  const LV95 =
    '+proj=somerc +lat_0=46.9524055555556 +lon_0=7.43958333333333 +k_0=1 +x_0=2600000 +y_0=1200000 +ellps=bessel +towgs84=674.374,15.056,405.346,0,0,0,0 +units=m +no_defs';

  /** Coordinates in the axis order of the authority: EPSG:4326 has latitude first, the others east first. */
  const EXPECTED: Record<string, (position: Position) => Position> = {
    [CRS84]: (position) => position,
    [epsg(4326)]: ([lon = 0, lat = 0]) => [lat, lon],
    [epsg(3857)]: (position) => proj4('EPSG:4326', 'EPSG:3857', position as number[]),
    [epsg(2056)]: (position) => proj4('EPSG:4326', LV95, position as number[]),
  };

  test('/conf/crs/crs-parameter-transform: coordinates are those of proj4, in the axis order of the CRS', async () => {
    for (const [crs, expected] of Object.entries(EXPECTED)) {
      const page = await api.items(`?crs=${encodeURIComponent(crs)}`);
      for (const train of TRAINS) {
        const [x = 0, y = 0] = expected((train.geometry as Point).coordinates);
        const one = await api.json<Feature>(`${ITEMS}/${train.id}?crs=${encodeURIComponent(crs)}`);
        const listed = page.features.filter(({ id }) => id === train.id);
        for (const feature of [one, ...listed]) {
          const [ownX = Number.NaN, ownY = Number.NaN] = (feature.geometry as Point).coordinates;
          expect(listed).toHaveLength(1);
          expect([crs, Math.abs(ownX - x) < 0.001, Math.abs(ownY - y) < 0.001]).toEqual([crs, true, true]);
        }
      }
    }
  });

  test('/conf/crs/bbox-crs-parameter, /conf/crs/bbox-crs-parameter-default: a box in any CRS selects the same features', async () => {
    const corners = [
      [7.4, 46.9],
      [7.6, 47.1],
    ];
    for (const [crs, toCrs] of Object.entries(EXPECTED)) {
      const bbox = corners.flatMap(toCrs).join(',');
      for (const answerCrs of CRSS) {
        const query = `?bbox=${bbox}&bbox-crs=${encodeURIComponent(crs)}&crs=${encodeURIComponent(answerCrs)}`;
        const page: FeaturesDocument = await api.items(query);
        expect([query, idsOf(page).sort()]).toEqual([query, ['a', 'b', undefined]]);
      }
    }
  });
});
