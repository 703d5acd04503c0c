/** Compresses standard input with Brotli, as small as it gets. */
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, constants } from 'node:zlib';

const content = await buffer(process.stdin);
const params = {
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
};
process.stdout.write(brotliCompressSync(content, { params }));
