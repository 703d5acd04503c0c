/** The first argument of `test(`, `it(` and of what `.each(...)` returns; a skipped test or a `todo` is not one. */
const CALL =
  /(?:(?<![.\w])(?:test|it)|\))\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)\s*,/gu;

/**
 * The titles of the tests in a file, with the placeholders of those that run for several cases as they are written.
 *
 * @param {string} source TypeScript
 * @returns {string[]}
 */
export function testTitles(source) {
  return [...source.matchAll(CALL)].map(([, ...texts]) => texts.join('').replace(/\\(.)/gu, '$1'));
}
