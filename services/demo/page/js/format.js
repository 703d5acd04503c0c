const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {number} value */
export function formatNumber(value) {
  return number.format(value);
}

/**
 * A rate in the unit that suits it, such as `12.3 kB/s`.
 *
 * @param {number} bytesPerSecond
 */
export function formatBytes(bytesPerSecond) {
  if (bytesPerSecond >= 1e6) return `${decimal.format(bytesPerSecond / 1e6)} MB/s`;
  if (bytesPerSecond >= 1e3) return `${decimal.format(bytesPerSecond / 1e3)} kB/s`;
  return `${number.format(bytesPerSecond)} B/s`;
}

/** @param {number} milliseconds */
export function formatMilliseconds(milliseconds) {
  return milliseconds < 10 ? `${decimal.format(milliseconds)} ms` : `${number.format(milliseconds)} ms`;
}

/** @param {number} milliseconds */
export function formatSeconds(milliseconds) {
  return `${decimal.format(milliseconds / 1000)} s`;
}
