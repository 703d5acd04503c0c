import { fc } from '@viaduct/testkit/properties';
import type { Bbox } from '../../src/box.js';

const lon = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -180, max: 180, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -200, max: 200 }) },
  { weight: 1, arbitrary: fc.constantFrom(-180, 180, 190, 355, -540, 2600000.5, 1e300) },
);
const lat = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -90, max: 90, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -90, max: 90 }) },
  { weight: 1, arbitrary: fc.constantFrom(-90, 90, 91, -1e300) },
);

/** Numbers after x and y, such as heights, in the forms that real publishers send. */
const further = fc.oneof(
  { weight: 8, arbitrary: fc.constant([]) },
  { weight: 2, arbitrary: fc.tuple(fc.double({ min: -500, max: 9000, noNaN: true })) },
  {
    weight: 1,
    arbitrary: fc.array(fc.oneof(fc.integer(), fc.constantFrom(null, '12', ']', 'coordinates', {}))),
  },
);

const position = fc.tuple(lon, lat, further).map(([x, y, rest]) => [x, y, ...rest]);
const oddPosition = fc.constantFrom<unknown>([], [1], null, 7, ['1', '2'], { x: 1 }, [null, null], [[1, 2]]);

function positions(odd: boolean) {
  const one = odd
    ? fc.oneof({ weight: 12, arbitrary: position }, { weight: 1, arbitrary: oddPosition })
    : position;
  return fc.array<unknown>(one, { maxLength: 6 });
}

/** Additional members of GeoJSON objects, some with the names of the standard ones. */
const foreign = fc.dictionary(
  fc.constantFrom('id', 'bbox', 'crs', 'name', 'coordinates2', 'ümlaut', 'a"b', 'proto', '{', ']'),
  fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constantFrom(null, [1, 2, 3, 4], { coordinates: [1, 2], type: 'Point' }),
  ),
  { maxKeys: 3 },
);

function simple(odd: boolean) {
  const lines = fc.array<unknown>(odd ? fc.oneof(positions(true), fc.constant(3)) : positions(false), {
    maxLength: 3,
  });
  const one = odd
    ? fc.oneof<fc.Arbitrary<unknown>[]>(position, oddPosition)
    : fc.oneof(position, fc.constant([]));
  const typed = fc.oneof(
    fc.tuple(fc.constant('Point'), one),
    fc.tuple(fc.constantFrom('MultiPoint', 'LineString'), positions(odd)),
    fc.tuple(fc.constantFrom('MultiLineString', 'Polygon'), lines),
    fc.tuple(fc.constant('MultiPolygon'), fc.array<unknown>(lines, { maxLength: 2 })),
  );
  return fc
    .tuple(typed, foreign)
    .map(([[type, coordinates], rest]): unknown => ({ ...rest, type, coordinates }));
}

const notGeometry = fc.constantFrom<unknown>(
  null,
  { type: 'Circle', coordinates: [1, 2], radius: 3 },
  { type: 'Point' },
  { type: 'GeometryCollection' },
  {},
  [],
  5,
  'Point',
);

function geometry(odd: boolean): fc.Arbitrary<unknown> {
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      simple(odd),
      ...(odd ? [notGeometry] : []),
      fc
        .tuple(fc.array(tie('tree'), { maxLength: 3 }), foreign)
        .map(([geometries, rest]) => ({ ...rest, type: 'GeometryCollection', geometries })),
    ),
  }));
  return tree;
}

const properties = fc.oneof(
  fc.constant(null),
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
  foreign,
);

function feature(odd: boolean) {
  const body = fc.tuple(geometry(odd), properties, foreign);
  const whole = body.map(([at, props, rest]): unknown => ({
    ...rest,
    type: 'Feature',
    geometry: at,
    properties: props,
  }));
  return odd
    ? fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: fc.constant({ type: 'Feature' }) })
    : whole;
}

function message(odd: boolean): fc.Arbitrary<unknown> {
  const member = odd
    ? fc.oneof({ weight: 5, arbitrary: feature(true) }, { weight: 1, arbitrary: geometry(true) })
    : feature(false);
  return fc.oneof(
    feature(odd),
    geometry(odd),
    fc
      .tuple(fc.array(member, { maxLength: 4 }), foreign)
      .map(([features, rest]): unknown => ({ ...rest, type: 'FeatureCollection', features })),
  );
}

/** GeoJSON whose coordinates are positions anywhere on Earth or beyond. */
export const geoJson = message(false);

/** Almost valid GeoJSON, with occasional errors. */
export const oddGeoJson = fc.oneof(message(true), notGeometry, fc.jsonValue());

/** A box of any shape in degrees: small, large, without width, across the antimeridian, or more than a turn wide. */
export const degreesBox: fc.Arbitrary<Bbox> = fc
  .tuple(
    lon,
    lon,
    fc.integer({ min: -95, max: 95 }),
    fc.oneof(fc.constant(0), fc.double({ min: 0, max: 190, noNaN: true })),
  )
  .map(([minX, maxX, minY, height]) => ({ minX, maxX, minY, maxY: minY + height }));

/** A way of writing JSON: blanks, escapes and the order of members, chosen one after another from a list of numbers. */
export function writeJson(value: unknown, choices: readonly number[], repeat = false): string {
  let next = 0;
  const choose = (bound: number) => (choices[next++ % Math.max(choices.length, 1)] ?? 0) % bound;
  const blank = () => ['', '', '', ' ', '\n', '\t ', '\r\n'][choose(7)] ?? '';
  const string = (text: string): string => {
    const at = text.length > 0 ? choose(text.length) : 0;
    const escaped = `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
    const plain = (part: string) => JSON.stringify(part).slice(1, -1);
    if (text.length === 0 || choose(4) > 0) return JSON.stringify(text);
    return `"${plain(text.slice(0, at))}${escaped}${plain(text.slice(at + 1))}"`;
  };
  const number = (n: number): string => (choose(5) === 0 && n !== 0 ? n.toExponential() : JSON.stringify(n));
  const write = (part: unknown): string => {
    if (typeof part === 'string') return string(part);
    if (typeof part === 'number') return number(part);
    if (Array.isArray(part))
      return `[${blank()}${part.map((child) => `${blank()}${write(child)}${blank()}`).join(',')}]`;
    if (typeof part !== 'object' || part === null) return JSON.stringify(part);
    const members = Object.entries(part);
    const turn = members.length > 0 ? choose(members.length) : 0;
    const texts = [...members.slice(turn), ...members.slice(0, turn)].map(([name, child]) => {
      const decoy = repeat && choose(3) === 0 ? `${JSON.stringify(name)}:[1,{"type":"Point"}],` : '';
      return `${decoy}${blank()}${string(name)}${blank()}:${blank()}${write(child)}${blank()}`;
    });
    return `{${blank()}${texts.join(',')}}`;
  };
  return `${blank()}${write(value)}${blank()}`;
}

export const choices = fc.array(fc.nat(999), { minLength: 1, maxLength: 60 });
