const BYTES = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** A number as people read it, such as 1,234.56. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** A size in bytes, such as 31.2K. */
export function size(bytes: number): string {
  return BYTES.format(bytes);
}

/** A time in seconds, in its two largest units, such as 3 h 5 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}
