import { status } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const PROJECTION = defineSpec({
  name: 'PROJECTION',
  summary: 'Sets the coordinate reference system (CRS) in which features are sent.',
  arguments: {
    projection: {
      type: 'text',
      required: true,
      placeholder: 'epsg:n',
      doc: 'a projected or geographic 2D CRS of the EPSG Dataset, such as `epsg:3857`',
    },
    client_ref: CLIENT_REF,
    axis_order: {
      type: 'choice',
      choices: ['xy', 'crs'],
      default: 'xy',
      named: true,
      doc: '`xy`: east before north, whatever the CRS says; `crs`: the axis order of the CRS',
    },
    precision: {
      type: 'number',
      above: 0,
      unit: 'units of the CRS',
      named: true,
      placeholder: 'step',
      doc: "coordinates are rounded to this step, or to the next finer one of 1, 2 and 5 times a power of ten; the default, which is also the finest step, is the gateway's, usually a millimetre",
    },
  },
  errors: ['unknown_crs', 'unsupported_crs', 'too_many_views'],
  example: [
    { send: 'PROJECTION epsg:3857' },
    {
      send: 'PROJECTION epsg:23032',
      receive: [
        status({
          status: 'warning',
          message: 'epsg:23032 (ED50 / UTM zone 32N) is approximate: coordinates are accurate to about 10 m',
          command: 'PROJECTION epsg:23032',
        }),
      ],
    },
    {
      send: 'PROJECTION epsg:99999',
      receive: [
        status(
          {
            status: 'error',
            code: 'unknown_crs',
            message:
              'epsg:99999 is not a projected or geographic 2D CRS of the EPSG Dataset; epsg:3857 is one, for example',
            command: 'PROJECTION epsg:99999',
          },
          { after: 100 },
        ),
      ],
    },
  ],
});
