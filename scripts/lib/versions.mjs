/**
 * The lower bound in an `engines` entry.
 *
 * @param {string} range a range of the form `>=20.19`
 * @returns {string} the version alone
 * @throws {Error} where the range has another form
 */
export function minimumNode(range) {
  const match = /^>=\s*(\d+(?:\.\d+){0,2})$/.exec(range);
  if (!match || match[1] === undefined)
    throw new Error(`engines.node should look like ">=20.19", not "${range}"`);
  return match[1];
}

/**
 * Whether a version is at least the minimum. Missing parts count as 0.
 *
 * @param {string} version such as `20.19.1`
 * @param {string} minimum such as `20.19`
 * @returns {boolean}
 */
export function satisfiesMinimum(version, minimum) {
  const have = version.split('.').map(Number);
  const need = minimum.split('.').map(Number);
  for (let i = 0; i < need.length; i += 1) {
    const difference = (have[i] || 0) - (need[i] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/**
 * The version of pnpm in a `packageManager` entry, without a hash.
 *
 * @param {string} packageManager such as `pnpm@12.21.0` or `pnpm@12.21.0+sha512.…`
 * @returns {string}
 * @throws {Error} where the entry does not pin an exact pnpm
 */
export function pinnedPnpm(packageManager) {
  const match = /^pnpm@(\d+\.\d+\.\d+)(?:\+.*)?$/.exec(packageManager);
  if (!match || match[1] === undefined) {
    throw new Error(
      `packageManager in package.json should look like "pnpm@12.21.0", not "${packageManager}"`,
    );
  }
  return match[1];
}
