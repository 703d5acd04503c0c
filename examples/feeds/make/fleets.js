// The vehicles of the samples. None of them exists.
import { course } from './course.js';

/** @typedef {[number, number][]} Points longitude and latitude */

/**
 * The same number of vehicles on each line.
 *
 * @template Vehicle
 * @param {Record<string, Points>} lines
 * @param {number} perLine
 * @param {(line: string, points: Points, n: number) => Vehicle} vehicle makes the one with the number `n`, from 0
 */
function onLines(lines, perLine, vehicle) {
  return Object.entries(lines).flatMap(([line, points]) =>
    Array.from({ length: perLine }, (_, n) => vehicle(line, points, n)),
  );
}

/** Streets of Bern. @type {Record<string, Points>} */
const BUS_LINES = {
  // Länggasse, Hauptbahnhof, Bärenplatz, Zytglogge, Nydegg, Bärengraben, Schosshalde, Zentrum Paul Klee
  12: [
    [7.4265, 46.9568],
    [7.4296, 46.9549],
    [7.4331, 46.9527],
    [7.4362, 46.9503],
    [7.4391, 46.9489],
    [7.4429, 46.9479],
    [7.4478, 46.948],
    [7.4532, 46.9487],
    [7.4574, 46.949],
    [7.4596, 46.948],
    [7.4655, 46.9462],
    [7.4702, 46.9473],
    [7.4742, 46.9487],
  ],
  // Köniz, Liebefeld, Eigerplatz, Hirschengraben, Hauptbahnhof, Zytglogge, Viktoriaplatz, Rosengarten, Ostermundigen
  10: [
    [7.415, 46.9245],
    [7.4183, 46.9305],
    [7.4243, 46.9362],
    [7.43, 46.9419],
    [7.4352, 46.9456],
    [7.4391, 46.9489],
    [7.4478, 46.948],
    [7.4487, 46.9523],
    [7.4497, 46.957],
    [7.4583, 46.953],
    [7.4668, 46.9541],
    [7.4775, 46.9552],
    [7.488, 46.956],
  ],
  // Hauptbahnhof, Bollwerk, Lorraine, Breitenrain, Wankdorf
  20: [
    [7.4391, 46.9489],
    [7.4406, 46.9512],
    [7.443, 46.9541],
    [7.4482, 46.9578],
    [7.4545, 46.9603],
    [7.4636, 46.963],
  ],
};

export const buses = onLines(BUS_LINES, 8, (line, points, n) => {
  const speed = 5 + (n % 4);
  const id = `bern:${line}${String(n + 1).padStart(2, '0')}`;
  return { id, line, trip: `${line}-${n + 1}`, speed, at: course(points, speed, n * 700) };
});

/** Lines of trams in Helsinki. @type {Record<string, Points>} */
const TRAM_LINES = {
  // Lasipalatsi, Hakaniemi, Sörnäinen, Käpylä
  1: [
    [24.938, 60.1705],
    [24.9445, 60.1722],
    [24.9512, 60.1788],
    [24.955, 60.185],
    [24.9528, 60.1935],
    [24.9497, 60.2032],
    [24.9503, 60.2128],
  ],
  // Töölö, Opera, Lasipalatsi, Senate Square, Katajanokka
  4: [
    [24.8846, 60.2021],
    [24.8985, 60.1985],
    [24.9122, 60.1926],
    [24.9289, 60.1817],
    [24.9345, 60.1745],
    [24.938, 60.1705],
    [24.9445, 60.1689],
    [24.953, 60.1693],
    [24.9607, 60.1672],
    [24.9697, 60.1669],
  ],
};

export const trams = onLines(TRAM_LINES, 6, (line, points, n) => {
  const speed = 6 + n * 0.5;
  return { oper: 40, veh: Number(line) * 100 + n, line, speed, at: course(points, speed, n * 900) };
});

const METRES_PER_SECOND = 1852 / 3600;

/** Name, MMSI, whether it is small, knots, and the places between which it sails. */
const FLEET = /** @type {const} */ ([
  ['LIMMAT EXPRESS', 269_057_001, false, 14.2, [3.2, 51.95], [3.95, 52.02]],
  ['AARE', 269_057_002, false, 11.8, [3.9, 51.985], [3.1, 51.9]],
  ['PILATUS', 269_057_003, false, 17.4, [3.3, 52.25], [3.9, 52.05]],
  ['NIESEN', 269_057_004, false, 12.6, [3.75, 51.98], [4.05, 52.0]],
  ['SANTIS', 269_057_005, false, 9.3, [4.0, 51.992], [3.6, 52.3]],
  ['EIGER', 269_057_006, false, 19.1, [3.0, 52.1], [3.9, 52.16]],
  ['JUNGFRAU', 269_057_007, false, 15.5, [3.8, 52.14], [3.0, 52.07]],
  ['DOLDENHORN', 269_057_008, false, 10.4, [3.45, 51.8], [3.7, 52.1]],
  ['BLUEMLISALP', 269_057_009, false, 13.7, [3.62, 52.2], [3.55, 51.85]],
  ['MOENCH', 269_057_010, true, 6.2, [3.85, 51.87], [3.75, 51.95]],
  ['SEEPFERD', 269_057_011, true, 5.4, [3.95, 52.12], [3.9, 52.2]],
  ['KORMORAN', 269_057_012, true, 22.5, [3.98, 52.0], [3.7, 51.9]],
]);

export const ships = FLEET.map(([name, mmsi, isSmall, knots, from, to]) => ({
  name,
  mmsi,
  isSmall,
  knots,
  destination: 'ROTTERDAM',
  at: course([from, to], knots * METRES_PER_SECOND),
}));

/** @type {Record<'ZRH' | 'GVA' | 'BSL' | 'MXP' | 'STR' | 'LYS' | 'MUC' | 'INN', [number, number]>} */
const AIRPORTS = {
  ZRH: [8.5492, 47.4582],
  GVA: [6.109, 46.238],
  BSL: [7.5299, 47.5896],
  MXP: [8.7231, 45.63],
  STR: [9.222, 48.69],
  LYS: [5.081, 45.7256],
  MUC: [11.786, 48.3538],
  INN: [11.344, 47.26],
};

/** Address, callsign, type, feet, knots, from, to, the part of the way that is already flown, and when it falls silent. */
const FLIGHTS = /** @type {const} */ ([
  ['4b1800', 'XSW101', 'A320', 23_000, 410, 'GVA', 'ZRH', 0.2],
  ['4b1801', 'XSW102', 'A320', 24_000, 415, 'ZRH', 'GVA', 0.3],
  ['4b1802', 'XSW210', 'BCS3', 31_000, 440, 'ZRH', 'MXP', 0.35],
  ['4b1803', 'XHV310', 'C172', 6500, 110, 'BSL', 'GVA', 0.5],
  ['3c4a01', 'XLH540', 'A321', 36_000, 455, 'MUC', 'LYS', 0.3],
  ['3c4a02', 'XLH541', 'A321', 37_000, 460, 'LYS', 'MUC', 0.4],
  ['3c4a03', 'XLH777', 'A359', 39_000, 480, 'STR', 'MXP', 0.3],
  ['44d001', 'XOS050', 'E195', 34_000, 430, 'INN', 'ZRH', 0.4],
  ['440002', 'XOS060', 'E195', 33_000, 425, 'GVA', 'INN', 0.45],
  ['4d2003', 'XAZ220', 'A320', 35_000, 445, 'MXP', 'BSL', 0.3],
  ['39a001', 'XAF910', 'A220', 28_000, 420, 'LYS', 'STR', 0.35],
  ['4b1804', 'XRG001', 'EC35', 8000, 130, 'ZRH', 'INN', 0.1],
  ['4b1805', 'XSW990', 'B77W', 32_000, 470, 'MXP', 'STR', 0.5],
  ['4b1806', 'XSW019', 'A333', 3000, 180, 'STR', 'ZRH', 0.8, 90],
]);

export const planes = FLIGHTS.map(([hex, flight, type, feet, knots, from, to, part, silentAt = Infinity]) => {
  const [a, b] = [AIRPORTS[from], AIRPORTS[to]];
  const start = [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
  const at = course([/** @type {[number, number]} */ (start), b], knots * METRES_PER_SECOND);
  return { hex, flight, type, feet, knots, at, silentAt };
});
