// Writes GTFS-Realtime messages, by the field numbers of https://gtfs.org/documentation/realtime/proto/ and the encoding of
// https://protobuf.dev/programming-guides/encoding/.

/** Wire types. */
const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;

/** @param {number} value */
function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/**
 * @param {number} field
 * @param {string | readonly Buffer[]} content text, or the fields of a message
 */
function bytes(field, content) {
  const body = typeof content === 'string' ? Buffer.from(content) : Buffer.concat(content);
  return Buffer.concat([varint(field * 8 + BYTES), varint(body.length), body]);
}

/**
 * @param {number} field
 * @param {number} value
 */
function whole(field, value) {
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)]);
}

/**
 * @param {number} field
 * @param {number} value
 */
function float(field, value) {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + FLOAT), body]);
}

/**
 * A FeedMessage with the positions of vehicles.
 *
 * @param {{ id: string, label: string, route: string, trip: string, speed: number, at: number,
 *   place: import('./course.js').Place }[]} vehicles
 * @param {number} seconds since the epoch
 */
export function feedMessage(vehicles, seconds) {
  const header = bytes(1, [bytes(1, '2.0'), whole(2, 0), whole(3, seconds)]);
  const entities = vehicles.map(({ id, label, route, trip, speed, at, place }, i) => {
    const { lon, lat, heading } = place;
    const position = bytes(2, [float(1, lat), float(2, lon), float(3, heading), float(5, speed)]);
    const descriptors = [
      bytes(1, [bytes(1, trip), bytes(5, route)]),
      bytes(8, [bytes(1, id), bytes(2, label)]),
    ];
    // The status of the vehicle, 2 for in transit, is one of the fields that a reader may not know.
    return bytes(2, [bytes(1, String(i)), bytes(4, [...descriptors, position, whole(4, 2), whole(5, at)])]);
  });
  return Buffer.concat([header, ...entities]);
}
