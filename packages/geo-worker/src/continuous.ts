import { Part } from './layout.js';
import type { Drawn } from './meets.js';

/** The period of a world that wraps, in degrees. */
const TURN = 360;

/**
 * Keeps lines and polygons whole if they cross the edge of a world that wraps: the projection puts each vertex into the one
 * world, which would tear them. A line continues, as published, from its first vertex that has a place; a polygon and its
 * holes continue from that of the shell. Both may leave the one world. Points do not move.
 *
 * @param drawn vertices in a CRS in which x repeats after `turn`
 */
export function keepTogether(drawn: Drawn, item: number, turn: number): void {
  const { itemParts, partKinds } = drawn.layout;
  const end = itemParts[item + 1] as number;
  let first: number | null = null;
  for (let part = itemParts[item] as number; part < end; part++) {
    const kind = partKinds[part];
    if (kind === Part.points) continue;
    if (kind !== Part.hole || first === null) first = firstPlaced(drawn, part);
    if (first !== null) continueFrom(first, drawn, part, turn);
  }
}

/** The first vertex of a part that has a place in the CRS; null if none has. */
function firstPlaced({ layout: { partVertices }, xy }: Drawn, part: number): number | null {
  const end = partVertices[part + 1] as number;
  for (let vertex = partVertices[part] as number; vertex < end; vertex++) {
    if (!Number.isNaN(xy[2 * vertex])) return vertex;
  }
  return null;
}

function continueFrom(first: number, { layout, xy }: Drawn, part: number, turn: number): void {
  const { lonLat, partVertices } = layout;
  const lon = lonLat[2 * first] as number;
  const x = xy[2 * first] as number;
  const end = 2 * (partVertices[part + 1] as number);
  for (let at = 2 * (partVertices[part] as number); at < end; at += 2) {
    // About its place if the world did not end: datum shifts move it by less than half a turn.
    const expected = x + (((lonLat[at] as number) - lon) * turn) / TURN;
    const turns = Math.round((expected - (xy[at] as number)) / turn);
    if (turns !== 0) xy[at] = (xy[at] as number) + turns * turn;
  }
}
