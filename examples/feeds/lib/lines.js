/**
 * The lines of a stream of text, from a file or a connection.
 *
 * @param {import('node:stream').Readable} stream
 */
export async function* lines(stream) {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
