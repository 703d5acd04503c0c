import { areaOf } from './area-cache.js';
import { type Bbox, isWellInWorld, windowOf } from './box.js';
import { type Crs, resolveCrs } from './crs.js';
import { asFeatures } from './geojson.js';
import { GeoMessage } from './message.js';
import { framed, viewOf } from './message-task.js';
import { PlacedLayout, PlacedPoint } from './placed.js';
import { Kind, type PortionResult, type PortionTask } from './tasks.js';
import { boxStepOf, type View } from './view.js';

const NOWHERE: Bbox = {
  minX: Number.POSITIVE_INFINITY,
  minY: Number.POSITIVE_INFINITY,
  maxX: Number.NEGATIVE_INFINITY,
  maxY: Number.NEGATIVE_INFINITY,
};

/** The envelope of all of a message in the CRS of boxes, as a view sends it; null if it is in every box. */
function envelopeOf(message: GeoMessage, crs: Crs, view: View): Bbox | null {
  const placed = message.placedIn(crs, boxStepOf(crs, view));
  if (placed instanceof PlacedPoint) {
    const { x, y } = placed;
    return placed.isFailed() ? NOWHERE : { minX: x, minY: y, maxX: x, maxY: y };
  }
  if (!(placed instanceof PlacedLayout) || placed.passesAnyBox) return null;
  const whole = { ...NOWHERE };
  for (let item = 0; item < placed.items; item++) {
    const { minX, minY, maxX, maxY } = placed.envelopeOf(item);
    whole.minX = Math.min(whole.minX, minX);
    whole.minY = Math.min(whole.minY, minY);
    whole.maxX = Math.max(whole.maxX, maxX);
    whole.maxY = Math.max(whole.maxY, maxY);
  }
  return whole;
}

/**
 * Whether a value with this envelope is in a box, both in the same CRS: true or false if the envelope decides, null if only
 * the geometry can.
 */
export function decidedByEnvelope({ minX, minY, maxX, maxY }: Bbox, box: Bbox, crs: Crs): boolean | null {
  if (!(minX <= maxX)) return false;
  // Elsewhere the rectangles have copies, which only the exact test knows.
  if (!isWellInWorld(minX, maxX, crs)) return null;
  let meets = false;
  for (const rectangle of windowOf(box, crs).rectangles) {
    if (minX > rectangle.maxX || maxX < rectangle.minX) continue;
    if (minY > rectangle.maxY || maxY < rectangle.minY) continue;
    meets = true;
    const within = minX >= rectangle.minX && maxX <= rectangle.maxX;
    if (within && minY >= rectangle.minY && maxY <= rectangle.maxY) return true;
  }
  return meets ? null : false;
}

/** Does a {@link PortionTask}. Rejects with a CrsError if a name in it does not name a CRS. */
export async function doPortion(task: PortionTask): Promise<PortionResult> {
  const { texts, frame } = task;
  const view = await viewOf(task.view);
  const boxCrs = task.boxCrs === null ? null : await resolveCrs(task.boxCrs);
  const area = areaOf(task.area);
  const written: Uint8Array[] = [];
  const ends = new Uint32Array(texts.length);
  const kinds = new Uint8Array(texts.length);
  const envelopes = boxCrs === null ? null : new Float64Array(4 * texts.length);
  const errors: string[] = [];
  let end = 0;
  for (const [i, text] of texts.entries()) {
    try {
      const published = GeoMessage.parse(text);
      const message = area === null ? published : published.within(area);
      if (message === null) {
        kinds[i] = Kind.json | Kind.outside | (published.isGeo ? Kind.geo : 0);
        ends[i] = end;
        continue;
      }
      const envelope = boxCrs === null ? null : envelopeOf(message, boxCrs, view);
      if (envelope !== null) {
        envelopes?.set([envelope.minX, envelope.minY, envelope.maxX, envelope.maxY], 4 * i);
      }
      const bytes = framed(message, message.render(view), { view, frame });
      end += written[written.push(bytes) - 1]?.length ?? 0;
      kinds[i] = kindOf(message, envelope === null);
    } catch (error) {
      errors.push(String(error));
    }
    ends[i] = end;
  }
  const bytes = new Uint8Array(end);
  let at = 0;
  for (const each of written) {
    bytes.set(each, at);
    at += each.length;
  }
  return { bytes, ends, kinds, envelopes, errors };
}

function kindOf(message: GeoMessage, everywhere: boolean): number {
  const isCollection = asFeatures(message.value) !== null;
  return (
    Kind.json |
    (message.isGeo ? Kind.geo : 0) |
    (isCollection ? Kind.collection : 0) |
    (everywhere ? Kind.everywhere : 0)
  );
}
