/** The longest line, in characters. Sentences have less than a hundred, and messages a few hundred. */
const LONGEST = 2 ** 20;

/**
 * The lines of a stream of text, from a file or a connection. Throws if one is too long: the source sends something else.
 *
 * @param {import('node:stream').Readable} stream
 */
export async function* lines(stream) {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST) throw new Error(`a line is longer than ${LONGEST} characters`);
    yield* parts;
  }
  if (rest !== '') yield rest;
}
