// Writes the samples, the same files each time: node make/samples.js.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buses, planes, ships, trams } from './fleets.js';
import { feedMessage } from './gtfs-realtime.js';
import { positionA, positionB, staticA, staticB, tagged } from './nmea.js';

/** When the recordings begin: a Monday at 7 o'clock in Bern, in seconds. */
const START = Date.UTC(2026, 5, 1, 5) / 1000;

/**
 * The seconds of a recording at which something happens.
 *
 * @param {number} length
 * @param {number} step
 */
const times = (length, step) => Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);

/**
 * The samples by the paths of their files.
 *
 * @returns {Map<string, string | Buffer>}
 */
export function samples() {
  /** @type {(readonly [string, string | Buffer])[]} */
  const files = [...gtfsRealtime(), ...adsB(), ['ais.nmea', ais()], ['mqtt.jsonl', mqtt()]];
  return new Map(files);
}

/** Where the vehicles of a sample are at its end, by their ids: longitude, latitude and heading. */
export const LAST = {
  buses: last(buses, 240, ({ id }) => id),
  planes: last(planes, 150, ({ hex }) => hex),
  ships: last(ships, 240, ({ mmsi }) => String(mmsi)),
  trams: last(trams, 150, ({ oper, veh }) => `${oper}/${veh}`),
};

/**
 * @template {{ at: (seconds: number) => import('./course.js').Place, silentAt?: number }} Vehicle
 * @param {Vehicle[]} fleet
 * @param {number} end
 * @param {(vehicle: Vehicle) => string} id
 */
function last(fleet, end, id) {
  return new Map(fleet.map((vehicle) => [id(vehicle), vehicle.at(Math.min(end, vehicle.silentAt ?? end))]));
}

/** Buses in Bern, which a server lists every 15 seconds. */
function gtfsRealtime() {
  return times(240, 15).map((time) => {
    const vehicles = buses.map(({ id, line, trip, speed, at }) => {
      return { id, label: line, route: `bern:${line}`, trip, speed, at: START + time, place: at(time) };
    });
    return /** @type {const} */ ([
      fileName('gtfs-realtime', time, 'pb'),
      feedMessage(vehicles, START + time),
    ]);
  });
}

/** Planes over Switzerland, which a receiver lists every 6 seconds. */
function adsB() {
  return times(150, 6).map((time) => {
    // For a while, readsb lists aircraft that it no longer hears.
    const aircraft = planes.map(({ hex, flight, type, feet, knots, at, silentAt }) => {
      const heard = Math.min(time, silentAt);
      const { lon, lat, heading } = at(heard);
      const facts = { hex, type: 'adsb_icao', flight: flight.padEnd(8), t: type, alt_baro: feet, gs: knots };
      const place = { track: round(heading, 1), lat: round(lat, 6), lon: round(lon, 6) };
      return { ...facts, ...place, seen_pos: time - heard };
    });
    const text = JSON.stringify({ now: START + time, messages: time * 40, aircraft });
    return /** @type {const} */ ([fileName('ads-b', time, 'json'), `${text}\n`]);
  });
}

/** Ships on the North Sea, as a receiver on the coast hears them: large ones every 10 seconds, small ones every 30. */
function ais() {
  const heard = times(240, 1).flatMap((time) => ships.flatMap((ship, n) => spoken(ship, n, time)));
  return `${heard.join('\r\n')}\r\n`;
}

/**
 * @param {(typeof ships)[number]} ship
 * @param {number} n
 * @param {number} time
 */
function spoken(ship, n, time) {
  // They take turns, and at the end all of them report once more.
  const isTurn = time === 240 || time % (ship.isSmall ? 30 : 10) === n % 10;
  const position = ship.isSmall ? positionB : positionA;
  const names = ship.isSmall ? () => staticB(ship) : () => staticA(ship, n % 10);
  const sentences = [
    ...(isTurn ? position(ship, ship.at(time), (START + time) % 60) : []),
    ...(time % 120 === n ? names() : []),
  ];
  return sentences.map((sentence) => tagged(sentence, START + time));
}

/** Trams in Helsinki, each of which reports every 5 seconds. */
function mqtt() {
  const reports = times(150, 5).flatMap((time) =>
    trams.map(({ oper, veh, line, speed, at }) => {
      const { lon, lat, heading } = at(time);
      const tsi = START + time;
      const VP = {
        desi: line,
        dir: '1',
        oper,
        veh,
        tst: new Date(tsi * 1000).toISOString(),
        tsi,
        spd: speed,
      };
      const place = { hdg: Math.round(heading) % 360, lat: round(lat, 6), long: round(lon, 6) };
      const topic = `/hfp/v2/journey/ongoing/vp/tram/${String(oper).padStart(4, '0')}/${String(veh).padStart(5, '0')}`;
      return JSON.stringify({ topic, payload: { VP: { ...VP, ...place } } });
    }),
  );
  return `${reports.join('\n')}\n`;
}

/**
 * @param {string} folder
 * @param {number} time
 * @param {string} end
 */
function fileName(folder, time, end) {
  return `${folder}/${String(time).padStart(3, '0')}.${end}`;
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function round(value, decimals) {
  return Number(value.toFixed(decimals));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('../data/', import.meta.url));
  for (const name of ['gtfs-realtime', 'ads-b']) {
    rmSync(join(folder, name), { recursive: true, force: true });
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (const [file, content] of samples()) writeFileSync(join(folder, file), content);
}
