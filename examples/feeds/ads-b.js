// Aircraft, from the JSON of readsb, dump1090 or tar1090: npm install ioredis, then
//
//   node ads-b.js                            the sample: planes over Switzerland
//   node ads-b.js http://receiver.local/tar1090/data/aircraft.json
//
// See docs/feeds.md.
import { documents } from './lib/documents.js';
import { runFeed } from './lib/feed.js';

/** Seconds between two requests: readsb writes the file every second. */
const PAUSE = 1;

/** Seconds after which a position is too old to be shown. */
const SILENCE = 60;

/**
 * The members of an aircraft that are used here; README-json.md of readsb describes all of them.
 *
 * @typedef {object} Aircraft
 * @property {string} hex its 24-bit ICAO address
 * @property {string} [flight]
 * @property {string} [t] type of aircraft
 * @property {number} [lat]
 * @property {number} [lon]
 * @property {number} [seen_pos] age of the position, in seconds
 * @property {number | 'ground'} [alt_baro] in feet
 * @property {number} [gs] speed over ground, in knots
 * @property {number} [track] in degrees
 */

/** @param {string} source */
function read(source) {
  return documents(source, { name: 'an aircraft.json', decode, pause: PAUSE });
}

/** @param {Buffer} text */
function decode(text) {
  /** @type {{ now: number, aircraft?: Aircraft[] }} */
  const { now, aircraft } = JSON.parse(text.toString());
  if (!Array.isArray(aircraft)) throw new Error('it has no list "aircraft"');
  return { at: now, features: aircraft.flatMap(features) };
}

/**
 * The aircraft as a feature, if its position is known.
 *
 * @param {Aircraft} aircraft
 * @returns {import('./lib/feature-writer.js').Vehicle[]}
 */
function features({ hex, flight, t, lat, lon, seen_pos = 0, alt_baro, gs, track }) {
  if (lat === undefined || lon === undefined || seen_pos > SILENCE) return [];
  return [
    {
      type: 'Feature',
      id: hex,
      geometry: { type: 'Point', coordinates: [lon, lat] },
      properties: { flight: flight?.trim(), type: t, altitude: alt_baro, speed: gs, heading: track },
    },
  ];
}

await runFeed({
  name: 'ads-b.js',
  channel: 'planes',
  sources: 'the URL of an aircraft.json, a stored answer, or a folder of them',
  sample: 'ads-b',
  silence: SILENCE,
  read,
});
