// Ships, from AIS receivers that send NMEA sentences over TCP: npm install ioredis ggencoder, then
//
//   node ais.js                              the sample: ships on the North Sea
//   node ais.js receiver.example.org:10110
//
// See docs/feeds.md.
import { createReadStream } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import ggencoder from 'ggencoder';
import { runFeed } from './lib/feed.js';
import { lines } from './lib/lines.js';

/** Seconds after which a ship is removed: at anchor, ships report every three minutes or more often. */
const SILENCE = 600;

/** After this time without a sentence, a connection counts as lost, in milliseconds. */
const SILENT_MS = 120_000;

/** Pause before a lost connection is opened again, in milliseconds. */
const RETRY_MS = 2000;

/** Types of messages with a position. Types 5, 19 and 24 contain a name. */
const POSITIONS = [1, 2, 3, 18, 19];

/** @param {string} source */
async function* read(source) {
  const decode = decoder();
  for await (const line of sentencesOf(source)) {
    const feature = decode(line);
    if (feature !== null) yield { at: Number(/\bc:(\d+)/.exec(line)?.[1] ?? 0), features: [feature] };
  }
}

/** @param {string} source */
async function* sentencesOf(source) {
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(source) ?? [];
  if (port === undefined) return yield* lines(createReadStream(source));
  for (;;) {
    const socket = connect(Number(port), host);
    socket.setTimeout(SILENT_MS, () => socket.destroy(new Error('it sends nothing')));
    try {
      yield* lines(socket);
      console.error(`${source} has closed the connection`);
    } catch (error) {
      // If this lasts, the ships fall silent.
      console.error(`${source}: ${error instanceof Error ? error.message : error}; attempts continue`);
    }
    await sleep(RETRY_MS);
  }
}

/** A function that makes the feature of a ship from a line, or null if the line has no position. */
function decoder() {
  /** Names arrive less often than positions, and in sentences of their own. @type {Map<string, string>} */
  const names = new Map();
  /** First parts of messages whose other parts have not arrived. @type {Record<string, unknown>} */
  const halves = {};
  return (/** @type {string} */ line) => {
    // Before the sentence, receivers may put a tag with the time.
    const sentence = line.slice(Math.max(0, line.indexOf('!')));
    if (!hasValidChecksum(sentence)) return null;
    const ship = new ggencoder.AisDecode(sentence, halves);
    if (!ship.valid) return null;
    if (ship.shipname) names.set(ship.mmsi, ship.shipname.trim());
    return POSITIONS.includes(ship.aistype) ? feature(ship, names.get(ship.mmsi)) : null;
  };
}

/** Whether a sentence has arrived as it was sent: it ends with the exclusive or of its characters. @param {string} sentence */
function hasValidChecksum(sentence) {
  const [, text = '', sum = ''] = /^!(.*)\*([\dA-F]{2})\s*$/i.exec(sentence) ?? [];
  return Number.parseInt(sum, 16) === Buffer.from(text).reduce((sum, byte) => sum ^ byte, 0);
}

/**
 * @param {import('ggencoder').AisDecode} ship
 * @param {string | undefined} name
 * @returns {import('./lib/feature-writer.js').Vehicle | null}
 */
function feature({ mmsi, lon, lat, sog, cog, hdg }, name) {
  // Values out of range mean that something is unknown.
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) return null;
  const heading = hdg < 360 ? hdg : cog;
  return {
    type: 'Feature',
    id: mmsi,
    geometry: { type: 'Point', coordinates: [Number(lon.toFixed(6)), Number(lat.toFixed(6))] },
    properties: {
      name,
      heading: heading < 360 ? heading : undefined,
      // Knots.
      speed: sog < 102.3 ? sog : undefined,
    },
  };
}

await runFeed({
  name: 'ais.js',
  channel: 'ships',
  sources: 'HOST:PORT, or a file of sentences',
  sample: 'ais.nmea',
  silence: SILENCE,
  read,
});
