/** A longitude in degrees, moved by whole turns into -180 to 180; within that range it stays as it is. */
export function wrapLongitude(lon: number): number {
  return lon <= 180 && lon >= -180 ? lon : lon - 360 * Math.round(lon / 360);
}
