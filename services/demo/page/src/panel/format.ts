const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A whole number with separated thousands. */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** A number of bytes with a suitable unit, such as `5.2 kB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${WHOLE.format(bytes)} B`;
  if (bytes < 1_000_000) return `${TENTHS.format(bytes / 1000)} kB`;
  return `${TENTHS.format(bytes / 1_000_000)} MB`;
}

/** Milliseconds, with one decimal if they are few. */
export function milliseconds(value: number): string {
  return `${value < 10 ? TENTHS.format(value) : WHOLE.format(value)} ms`;
}

/** A share in percent: 100 and 0 only for exactly all and nothing. */
export function percent(part: number): string {
  const value = part * 100;
  if (value > 0 && value < 1) return `${TENTHS.format(value)} %`;
  if (value > 99 && value < 100) return `${TENTHS.format(Math.min(value, 99.9))} %`;
  return `${WHOLE.format(value)} %`;
}

/** A place in degrees, such as `47.38° N, 8.54° E`. */
export function position(longitude: number, latitude: number): string {
  const degrees = (value: number): string => `${Math.abs(value).toFixed(2)}°`;
  return `${degrees(latitude)} ${latitude < 0 ? 'S' : 'N'}, ${degrees(longitude)} ${longitude < 0 ? 'W' : 'E'}`;
}

const WINDS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'] as const;

/** A heading in degrees, with its point of the compass: `214° SW`. */
export function heading(degrees: number): string {
  return `${WHOLE.format(degrees)}° ${WINDS[Math.round(degrees / 45) % WINDS.length] ?? ''}`;
}
