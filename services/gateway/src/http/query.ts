/**
 * The parameters of a query string.
 *
 * @param known names that are accepted
 * @param refuse makes the error for another name, or for a duplicate, from a message
 */
export function readQuery(
  query: URLSearchParams,
  known: readonly string[],
  refuse: (message: string) => Error,
): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of query) {
    if (!known.includes(name)) {
      const there = known.length === 0 ? 'it takes none' : `there are ${known.join(', ')}`;
      throw refuse(`there is no parameter "${name.slice(0, 40)}" here; ${there}`);
    }
    if (read.has(name)) throw refuse(`${name} is given twice; give it once`);
    read.set(name, value);
  }
  return read;
}
