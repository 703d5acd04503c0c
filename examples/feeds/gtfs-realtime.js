// Vehicle positions of public transport, in GTFS-Realtime: npm install ioredis protobufjs, then
//
//   node gtfs-realtime.js                    the sample: buses in Bern
//   node gtfs-realtime.js https://transit.example.org/vehicle-positions.pb
//
// See docs/feeds.md.
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { documents } from './lib/documents.js';
import { runFeed } from './lib/feed.js';

/** Seconds between two requests. Few feeds change more often. */
const PAUSE = 10;

/** Seconds after which a position is too old to be shown: some feeds repeat the last one for hours. */
const SILENCE = 180;

const proto = await protobuf.load(fileURLToPath(new URL('gtfs-realtime.proto', import.meta.url)));
const FeedMessage = proto.lookupType('transit_realtime.FeedMessage');

/**
 * The members of a message that are used here. 64-bit integers are read as numbers.
 *
 * @typedef {object} Message
 * @property {{ timestamp: number }} header
 * @property {{ id: string, vehicle?: VehiclePosition }[]} entity
 *
 * @typedef {object} VehiclePosition
 * @property {{ latitude: number, longitude: number, bearing?: number, speed?: number }} [position]
 * @property {{ id?: string, label?: string }} [vehicle]
 * @property {{ tripId?: string, routeId?: string }} [trip]
 * @property {number} [timestamp]
 */

/** @param {string} source */
function read(source) {
  return documents(source, { name: 'a message of GTFS-Realtime', decode, pause: PAUSE });
}

/** @param {Buffer} bytes */
function decode(bytes) {
  const message = /** @type {Message} */ (FeedMessage.toObject(FeedMessage.decode(bytes), { longs: Number }));
  const at = message.header.timestamp;
  const isFresh = (/** @type {VehiclePosition} */ { timestamp = at }) => at - timestamp <= SILENCE;
  const features = (message.entity ?? []).flatMap(({ id, vehicle }) =>
    vehicle?.position && isFresh(vehicle) ? [feature(id, vehicle, vehicle.position)] : [],
  );
  return { at, features };
}

/**
 * @param {string} entity id of the entity, which differs from that of the vehicle in some feeds
 * @param {VehiclePosition} position
 * @param {NonNullable<VehiclePosition['position']>} place
 * @returns {import('./lib/feature-writer.js').Vehicle}
 */
function feature(entity, { vehicle = {}, trip = {} }, { longitude, latitude, bearing, speed }) {
  return {
    type: 'Feature',
    id: vehicle.id ?? entity,
    // A 32-bit float of degrees has no more than six significant decimals.
    geometry: { type: 'Point', coordinates: [round(longitude, 6), round(latitude, 6)] },
    properties: {
      label: vehicle.label,
      route: trip.routeId,
      trip: trip.tripId,
      heading: bearing === undefined ? undefined : round(bearing, 1),
      // Metres per second.
      speed: speed === undefined ? undefined : round(speed, 1),
    },
  };
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function round(value, decimals) {
  return Number(value.toFixed(decimals));
}

await runFeed({
  name: 'gtfs-realtime.js',
  channel: 'buses',
  sources: 'the URL of vehicle positions, a stored answer, or a folder of them',
  sample: 'gtfs-realtime',
  silence: SILENCE,
  read,
});
