// Vehicles that report over MQTT, here in the format of Helsinki's buses and trams: npm install ioredis mqtt, then
//
//   node mqtt.js                             the sample: trams in Helsinki
//   node mqtt.js mqtts://broker.example.org:8883 'vehicles/#'
//
// See docs/feeds.md.
import { createReadStream } from 'node:fs';
import mqtt from 'mqtt';
import { runFeed } from './lib/feed.js';
import { lines } from './lib/lines.js';
import { Newest } from './lib/newest.js';

/** Seconds after which a vehicle is removed: each reports about once a second. */
const SILENCE = 60;

/**
 * The members of a report that are used here; all are described at
 * https://digitransit.fi/en/developers/apis/5-realtime-api/vehicle-positions/.
 *
 * @typedef {object} VehiclePosition
 * @property {number} oper number of the vehicle's operator
 * @property {number} veh number of the vehicle at that operator
 * @property {string} desi line, for passengers
 * @property {number} tsi seconds since the epoch
 * @property {number | null} [lat]
 * @property {number | null} [long]
 * @property {number | null} [hdg] in degrees
 * @property {number | null} [spd] metres per second
 */

/** Maximum number of messages queued for Redis, if the broker sends faster than Redis accepts them. */
const MOST_WAITING = 10_000;

/**
 * @param {string} source
 * @param {string} [topic]
 */
async function* read(source, topic) {
  for await (const messages of messagesOf(source, topic)) {
    const positions = messages.flatMap((message) => {
      const { VP: position } = /** @type {{ VP?: VehiclePosition }} */ (message ?? {});
      return position === undefined ? [] : [position];
    });
    const [first] = positions;
    if (first !== undefined) yield { at: first.tsi, features: positions.flatMap(features) };
  }
}

/**
 * Batches of messages as objects: from a broker, all that have arrived since the last batch; from a recording, one at a time.
 *
 * @param {string} source
 * @param {string} [topic]
 * @returns {AsyncGenerator<unknown[]>}
 */
async function* messagesOf(source, topic) {
  if (/^(mqtt|ws)s?:/.test(source)) {
    if (topic === undefined) throw new Error(`name a topic of ${source} after it, such as 'vehicles/#'`);
    for await (const texts of subscribed(source, topic)) yield texts.map(parsed);
  } else for await (const line of lines(createReadStream(source))) yield [JSON.parse(line).payload];
}

/**
 * @param {string} broker
 * @param {string} topic
 * @returns {AsyncIterable<Buffer[]>}
 */
async function* subscribed(broker, topic) {
  /** @type {Newest<Buffer>} */
  const payloads = new Newest(MOST_WAITING, (lost) =>
    console.error(
      `dropped ${lost} of the oldest messages, because ${MOST_WAITING} were waiting for Redis: is it slow or away? If not, name a narrower topic`,
    ),
  );
  // It reconnects by itself, and subscribes again.
  const client = mqtt.connect(broker);
  client.on('error', (error) => console.error(`${broker}: ${error.message}`));
  client.on('message', (_, payload) => payloads.push(payload));
  await client.subscribeAsync(topic);
  console.error(`subscribed to ${topic}`);
  yield* payloads;
}

/** A message as an object; null if it is not JSON. @param {Buffer} text */
function parsed(text) {
  try {
    return JSON.parse(text.toString());
  } catch {
    return null;
  }
}

/**
 * The feature of a report, if it has a position. For vehicles of your own, change this and `read`.
 *
 * @param {VehiclePosition} position
 * @returns {import('./lib/feature-writer.js').Vehicle[]}
 */
function features({ oper, veh, desi, lat, long, hdg, spd }) {
  if (typeof lat !== 'number' || typeof long !== 'number') return [];
  return [
    {
      type: 'Feature',
      id: `${oper}/${veh}`,
      geometry: { type: 'Point', coordinates: [long, lat] },
      properties: { line: desi, heading: hdg ?? undefined, speed: spd ?? undefined },
    },
  ];
}

await runFeed({
  name: 'mqtt.js',
  channel: 'trams',
  sources: "a broker's URL and a topic, or a file with a message in each line",
  sample: 'mqtt.jsonl',
  silence: SILENCE,
  read,
});
