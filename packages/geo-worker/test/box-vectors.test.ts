import { COMMANDS, CommandError } from '@viaduct/protocol';
import { describe, expect, it } from 'vitest';
import { type Bbox, BoxIndex, type Crs, DATA_CRS, GeoMessage, resolveCrs } from '../src/index.js';
import { type BoxCase, boxVectors } from './support/vectors.js';

function boxOf({ box, args }: BoxCase): Bbox {
  if (box !== undefined) return { minX: box[0], minY: box[1], maxX: box[2], maxY: box[3] };
  const { bbox } = COMMANDS.BBOX.parse({ positional: args ?? [], named: {} });
  if (bbox === null) throw new Error('the words clear the box');
  return bbox;
}

async function crsOf({ boxCrs }: BoxCase): Promise<Crs> {
  return boxCrs === undefined ? DATA_CRS : resolveCrs(boxCrs);
}

const valid = boxVectors.cases.filter(({ expect: wanted }) => wanted.boxError !== true);
const invalid = boxVectors.cases.filter(({ expect: wanted }) => wanted.boxError === true);

describe.each(valid)('$id $note', (boxCase) => {
  const message = GeoMessage.parse(JSON.stringify(boxCase.msg));

  it('is in the box, or is not', async () => {
    expect(message.intersects(boxOf(boxCase), await crsOf(boxCase))).toBe(boxCase.expect.intersects);
  });

  it('finds the box in an index, or does not', async () => {
    const index = new BoxIndex<string>(await crsOf(boxCase));
    index.set('box', boxOf(boxCase));
    const found: string[] = [];
    index.match(message, (member) => found.push(member));
    expect(found).toEqual(boxCase.expect.intersects ? ['box'] : []);
  });
});

describe.each(valid.filter(({ args }) => args !== undefined))('$id $note', (boxCase) => {
  it('is a box if written as arguments of a command', () => {
    const [minX, minY, maxX, maxY] = (boxCase.box ?? boxCase.args ?? []).map(Number);
    const { bbox } = COMMANDS.BBOX.parse({ positional: boxCase.args ?? [], named: {} });
    expect(bbox).toEqual({ minX, minY, maxX, maxY });
  });
});

describe.each(invalid)('$id $note', (boxCase) => {
  it('is not a valid box', () => {
    expect(() => boxOf(boxCase)).toThrow(CommandError);
  });
});

describe.each(valid.filter(({ expect: wanted }) => wanted.trim !== undefined))('$id $note', (boxCase) => {
  it('is trimmed to the features that are in', async () => {
    const view = { crs: DATA_CRS, axisOrder: 'xy', precision: null } as const;
    const { text } = GeoMessage.parse(JSON.stringify(boxCase.msg));
    const { features } = JSON.parse(text);
    const trimmed = JSON.parse(
      GeoMessage.parse(text).renderTrimmed(view, boxOf(boxCase), await crsOf(boxCase)),
    );
    expect(trimmed.features).toEqual(boxCase.expect.trim?.map((index) => features[index]));
  });
});
