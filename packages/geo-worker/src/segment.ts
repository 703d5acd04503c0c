/** Bound on the relative rounding error of the side of a line on which a point lies, as computed below. */
const SIDE_ERROR = 4.5e-16;

/**
 * On which side of the line from (ax, ay) with direction (dx, dy) a point lies: above 0 on the left, below 0 on the
 * right. What is closer to the line than arithmetic can tell counts as on it, 0: boxes include their edges.
 */
export function sideOf(ax: number, ay: number, dx: number, dy: number, x: number, y: number): number {
  const left = dx * (y - ay);
  const right = dy * (x - ax);
  const side = left - right;
  return Math.abs(side) > SIDE_ERROR * (Math.abs(left) + Math.abs(right)) ? side : 0;
}

/** Whether a straight segment and a closed rectangle have a point in common; never where a number is NaN. */
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
  // Of the two diagonals only the one that the segment could pass between the ends of matters.
  const rising = dx > 0 === dy > 0;
  const first = sideOf(ax, ay, dx, dy, minX, rising ? maxY : minY);
  const second = sideOf(ax, ay, dx, dy, maxX, rising ? minY : maxY);
  return !((first > 0 && second > 0) || (first < 0 && second < 0));
}
