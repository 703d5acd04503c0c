import { CommandError } from '../errors.js';
import { status } from '../example.js';
import { defineSpec } from '../syntax.js';

/** Left, bottom, right, top in the units of the box's CRS. If that wraps around the earth, `minX > maxX` crosses its edge. */
export interface Bbox {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

export const BBOX = defineSpec({
  name: 'BBOX',
  summary: 'Sets the box: features are sent if they touch it. Without sides it clears the box.',
  arguments: {
    box: {
      type: 'group',
      members: {
        left: { type: 'number', doc: 'west side, in units of the CRS of the box' },
        bottom: { type: 'number', doc: 'south side' },
        right: {
          type: 'number',
          doc: 'east side; less than `left` if the box crosses the edge of the world, such as the antimeridian',
        },
        top: { type: 'number', doc: 'north side, not below `bottom`' },
      },
    },
    hints: {
      type: 'hints',
      doc: 'further words, such as a zoom level, and further names, such as `mots=rail`: kept with the session for custom commands and filters',
    },
    trim: {
      type: 'boolean',
      named: true,
      default: false,
      doc: '`true`: collections are reduced to the features in the box; `false`: they are sent whole',
    },
  },
  example: [
    { send: 'BBOX 5.9 45.8 10.5 47.9' },
    { send: 'BBOX 5.9 45.8 10.5 47.9 11 mots=rail trim=true' },
    {
      send: 'BBOX left=5.9 bottom=45.8 right=10.5 top=47.9 client_ref=abc',
      receive: [status({ status: 'ok', command: 'BBOX' }, { reference: 'abc' })],
    },
    {
      send: 'BBOX 5.9 45.8 10.5',
      receive: [
        status(
          {
            status: 'error',
            code: 'missing_argument',
            message:
              'top is missing; usage: BBOX [left bottom right top [hint ...]] [trim=true] [client_ref=ref]',
            command: 'BBOX 5.9 45.8 10.5',
          },
          { after: 100 },
        ),
      ],
    },
    { send: 'BBOX' },
  ],
  refine({ box, hints, trim, clientRef }, usage) {
    if (box !== null && box.bottom > box.top) {
      throw new CommandError(
        'invalid_argument',
        `bottom ${box.bottom} is above top ${box.top}; usage: ${usage}`,
      );
    }
    const bbox: Bbox | null = box && { minX: box.left, minY: box.bottom, maxX: box.right, maxY: box.top };
    return { bbox, trim, hints: hints.words, namedHints: hints.named, clientRef };
  },
});
