/** Ten turns: a number further from 0 does not count as a longitude. */
const MAX_DEGREES = 3600;

/** Whether a number can be a longitude in degrees: some programs add a few turns to it, but not many. */
export function isLongitude(lon: number): boolean {
  return lon <= MAX_DEGREES && lon >= -MAX_DEGREES;
}

/** A longitude in degrees, moved by whole turns into -180 to 180; unchanged if it is within that range. */
export function wrapLongitude(lon: number): number {
  return lon <= 180 && lon >= -180 ? lon : lon - 360 * Math.round(lon / 360);
}
