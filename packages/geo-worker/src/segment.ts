/** Bound on the relative rounding error of the side of a line on which a point is, as computed below. */
const SIDE_ERROR = 4.5e-16;

/**
 * On which side of the line from (ax, ay) with direction (dx, dy) a point is: above 0 on the left, below 0 on the right.
 * A point within the rounding error of the line counts as on it, 0: boxes include their edges.
 */
function sideOf(ax: number, ay: number, dx: number, dy: number, x: number, y: number): number {
  const left = dx * (y - ay);
  const right = dy * (x - ax);
  const side = left - right;
  return Math.abs(side) > SIDE_ERROR * (Math.abs(left) + Math.abs(right)) ? side : 0;
}

/** Whether a straight segment and a closed rectangle have a point in common; false if a number is NaN. */
export function segmentMeets(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  minX: number,
  minY: number,
  maxX: number,
  maxY: number,
): boolean {
  if (ax >= minX && ax <= maxX && ay >= minY && ay <= maxY) return !Number.isNaN(bx);
  if (bx >= minX && bx <= maxX && by >= minY && by <= maxY) return !Number.isNaN(ax);
  if (!(ax < bx ? ax <= maxX && bx >= minX : bx <= maxX && ax >= minX)) return false;
  if (!(ay < by ? ay <= maxY && by >= minY : by <= maxY && ay >= minY)) return false;
  const dx = bx - ax;
  const dy = by - ay;
  // Only one of the two diagonals matters: the one whose ends the segment can pass between.
  const rising = dx > 0 === dy > 0;
  const first = sideOf(ax, ay, dx, dy, minX, rising ? maxY : minY);
  const second = sideOf(ax, ay, dx, dy, maxX, rising ? minY : maxY);
  return !((first > 0 && second > 0) || (first < 0 && second < 0));
}

/** Whether a point is on a straight segment, ends included, within the rounding error. */
export function isOnSegment(ax: number, ay: number, bx: number, by: number, x: number, y: number): boolean {
  if (!(ax < bx ? x >= ax && x <= bx : x >= bx && x <= ax)) return false;
  if (!(ay < by ? y >= ay && y <= by : y >= by && y <= ay)) return false;
  return sideOf(ax, ay, bx - ax, by - ay, x, y) === 0;
}

/** Whether two straight segments have a point in common, ends included; false if a number is NaN. */
export function segmentsMeet(
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): boolean {
  if (!(Math.max(ax, bx) >= Math.min(cx, dx) && Math.max(cx, dx) >= Math.min(ax, bx))) return false;
  if (!(Math.max(ay, by) >= Math.min(cy, dy) && Math.max(cy, dy) >= Math.min(ay, by))) return false;
  return (
    !isOneSided(ax, ay, bx - ax, by - ay, cx, cy, dx, dy) &&
    !isOneSided(cx, cy, dx - cx, dy - cy, ax, ay, bx, by)
  );
}

/** Whether both ends of a segment are on the same side of a line from (x, y) with direction (dirX, dirY). */
function isOneSided(
  x: number,
  y: number,
  dirX: number,
  dirY: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
): boolean {
  const first = sideOf(x, y, dirX, dirY, ax, ay);
  const second = sideOf(x, y, dirX, dirY, bx, by);
  return (first > 0 && second > 0) || (first < 0 && second < 0);
}
