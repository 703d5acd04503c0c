import type { Envelope } from '@viaduct/protocol';
import { SEQ_BASE } from './message.js';
import { pointX, pointY } from './world.js';

/** Radius of the sphere of EPSG:3857, in metres. */
const RADIUS = 6_378_137;

/** Tolerance for coordinates that are not reprojected, in degrees. */
const DEGREES = 1e-12;
/** Tolerance for others, in metres, if the client requested no other `precision=`. */
const METRES = 1e-3;

/** Approximate area of the messages in other projections: x from, to, y from, to, in metres. */
const EXTENTS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'epsg:2056': [2.4e6, 2.9e6, 1.0e6, 1.4e6],
  'epsg:21781': [4e5, 9e5, 0, 4e5],
  'epsg:32632': [1e5, 9e5, 5.0e6, 5.4e6],
  'epsg:25832': [1e5, 9e5, 5.0e6, 5.4e6],
  'epsg:3034': [3.6e6, 4.1e6, 2.0e6, 2.5e6],
  'epsg:3035': [3.9e6, 4.4e6, 2.4e6, 2.9e6],
  'epsg:2154': [8e5, 1.4e6, 6.4e6, 6.9e6],
  'epsg:31287': [-3e5, 3e5, 1e5, 6e5],
};

/**
 * Checks a frame that brought message `k`: it must be JSON with a complete envelope, and the first vertex must be
 * correct in the connection's projection.
 *
 * @param text the payload of the frame
 * @param projection the client's PROJECTION, with `precision=`
 * @returns what is wrong; null if nothing is
 */
export function faultOf(text: string, k: number, projection: string): string | null {
  const envelope = envelopesIn(text).find(
    ({ content }) => featureIn(content)?.properties?.seq === SEQ_BASE + k,
  );
  if (envelope === undefined) return `message ${k} is not in an envelope: ${text.slice(0, 100)}`;
  if (typeof envelope.timestamp !== 'number' || envelope.client_reference !== null) {
    return `the envelope of message ${k} has no timestamp, or a reference`;
  }
  const vertex = firstVertex(featureIn(envelope.content)?.geometry?.coordinates);
  if (isPlaced(vertex, k, projection)) return null;
  return `message ${k} is at ${JSON.stringify(vertex)} in ${projection}, not where it was published`;
}

interface Feature {
  properties?: { seq: number };
  geometry?: { coordinates: unknown };
}

/** The feature, or the first one of a collection. */
function featureIn(content: unknown): Feature | undefined {
  const { features } = (content ?? {}) as { features?: readonly Feature[] };
  return features === undefined ? ((content ?? undefined) as Feature | undefined) : features[0];
}

function envelopesIn(text: string): Envelope[] {
  const value: unknown = JSON.parse(text.startsWith('42') ? text.slice(2) : text);
  // socket.io: the event's name, then one envelope or a list of them.
  const content: unknown = Array.isArray(value) ? value[1] : value;
  return (Array.isArray(content) ? content : [content]) as Envelope[];
}

function firstVertex(coordinates: unknown): unknown {
  const [first] = Array.isArray(coordinates) ? coordinates : [];
  return Array.isArray(first) ? first : coordinates;
}

function isPlaced(vertex: unknown, k: number, projection: string): boolean {
  if (!Array.isArray(vertex)) return false;
  const [x, y] = vertex.map(Number);
  if (x === undefined || y === undefined) return false;
  const extent = EXTENTS[projection];
  if (extent !== undefined) return x > extent[0] && x < extent[1] && y > extent[2] && y < extent[3];
  const [lon, lat] = [pointX(k) / 1e6, pointY(k) / 1e6];
  if (projection === 'epsg:4326') return near(x, lon, DEGREES) && near(y, lat, DEGREES);
  const radians = Math.PI / 180;
  const north = RADIUS * Math.log(Math.tan(Math.PI / 4 + (lat * radians) / 2));
  const tolerance = Number(/precision=(\S+)/u.exec(projection)?.[1] ?? METRES);
  return near(x, RADIUS * lon * radians, tolerance) && near(y, north, tolerance);
}

function near(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance;
}
