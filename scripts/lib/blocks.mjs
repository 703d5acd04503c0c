/** A generated block of a page, such as that from `generated: command GET` to the next `/generated`. */
const BLOCK = /(<!-- generated: (\w+) ?(\w*) -->\n).*?(<!-- \/generated -->)/gsu;

/**
 * A page with its generated blocks rewritten.
 *
 * @param {string} page
 * @param {Record<string, (subject: string) => string>} blocks by kind
 * @returns {string}
 * @throws {Error} if the page lacks one of the kinds, or has a block of another one
 */
export function withBlocks(page, blocks) {
  const missing = new Set(Object.keys(blocks));
  const written = page.replace(BLOCK, (_block, start, kind, subject, end) => {
    const write = blocks[kind];
    if (write === undefined) throw new Error(`there is no generated block "${kind}"`);
    missing.delete(kind);
    return `${start}\n${write(subject)}\n\n${end}`;
  });
  if (missing.size > 0) throw new Error(`the page lacks the generated blocks ${[...missing].join(', ')}`);
  return written;
}
