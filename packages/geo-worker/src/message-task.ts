import { areaOf } from './area-cache.js';
import type { Bbox } from './box.js';
import { BoxIndex } from './box-index.js';
import { resolveCrs } from './crs.js';
import { GeoMessage } from './message.js';
import type { BoxList, Frame, MessageResult, MessageTask, Readings, Recipients, ViewName } from './tasks.js';
import type { View } from './view.js';

/** The view of a name. Rejects with a CrsError if there is no such CRS. */
export async function viewOf({ crs, axisOrder, precision }: ViewName): Promise<View> {
  return { crs: await resolveCrs(crs), axisOrder, precision };
}

/** The box with that number in a list. */
function boxAt(sides: Float64Array, box: number): Bbox {
  const at = 4 * box;
  return {
    minX: sides[at] as number,
    minY: sides[at + 1] as number,
    maxX: sides[at + 2] as number,
    maxY: sides[at + 3] as number,
  };
}

/** A message in a view, within its frame, in UTF-8. */
export function framed(
  message: GeoMessage,
  text: string,
  { view, frame }: { view: View; frame: Frame },
): Uint8Array<ArrayBuffer> {
  const { room, head, tail, unlocated = '' } = frame;
  const whole = head + text + (message.isUnlocated(view) ? unlocated : '') + tail;
  const bytes = Buffer.allocUnsafeSlow(room + Buffer.byteLength(whole));
  bytes.write(whole, room);
  return bytes;
}

async function matches(
  message: GeoMessage,
  { crs, sides }: BoxList,
  view: View,
): Promise<Uint32Array<ArrayBuffer>> {
  const index = new BoxIndex<number>(await resolveCrs(crs), view);
  for (let box = 0; box < sides.length / 4; box++) index.set(box, boxAt(sides, box));
  const found: number[] = [];
  index.match(message, (box) => found.push(box));
  return Uint32Array.from(found);
}

async function trimmedTo(
  message: GeoMessage,
  { crs, sides }: BoxList,
  { view, frame }: { view: View; frame: Frame },
): Promise<(Uint8Array<ArrayBuffer> | null)[]> {
  const boxCrs = await resolveCrs(crs);
  return Array.from({ length: sides.length / 4 }, (_, i) => {
    const box = boxAt(sides, i);
    return message.intersects(box, boxCrs, view)
      ? framed(message, message.renderTrimmed(view, box, boxCrs), { view, frame })
      : null;
  });
}

/** The result for clients that may see nothing of a message. */
function nothing({ boxes, trimmed }: Recipients): Readings {
  return {
    whole: null,
    isOutside: true,
    unlocated: 0,
    inBoxes: boxes.map(() => new Uint32Array()),
    trimmed: trimmed.map(({ sides }) => Array.from({ length: sides.length / 4 }, () => null)),
  };
}

async function read(published: GeoMessage, recipients: Recipients, frame: Frame): Promise<Readings> {
  const area = areaOf(recipients.area);
  const message = area === null ? published : published.within(area);
  if (message === null) return nothing(recipients);
  const view = await viewOf(recipients.view);
  const inBoxes = await Promise.all(recipients.boxes.map((list) => matches(message, list, view)));
  const trimmed = await Promise.all(
    recipients.trimmed.map((list) => trimmedTo(message, list, { view, frame })),
  );
  const wanted =
    recipients.open || (recipients.held && !message.isGeo) || inBoxes.some((indices) => indices.length > 0);
  const whole = wanted ? framed(message, message.render(view), { view, frame }) : null;
  const unlocated = !wanted || view.crs.isDataCrs ? 0 : message.unlocated(view.crs);
  return { whole, isOutside: false, unlocated, inBoxes, trimmed };
}

/**
 * Does a {@link MessageTask}, with the same results as {@link GeoMessage} and {@link BoxIndex} on the main thread. Rejects
 * with a CrsError if a name in it does not name a CRS.
 */
export async function doMessage({
  text,
  idProperty = '',
  frame,
  recipients,
}: MessageTask): Promise<MessageResult> {
  let message: GeoMessage;
  try {
    message = GeoMessage.parse(text);
  } catch (error) {
    return { valid: false, error: String(error) };
  }
  const readings: Readings[] = [];
  for (const each of recipients) readings.push(await read(message, each, frame));
  return { valid: true, isGeo: message.isGeo, id: message.featureId(idProperty), readings };
}
