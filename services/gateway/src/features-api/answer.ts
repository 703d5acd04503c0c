import { createHash } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { negotiator } from './negotiation.js';

/** Shorter answers are not compressed. */
const MIN_COMPRESSED_BYTES = 1024;

/** Brotli's quality: as fast as gzip. */
const BROTLI_QUALITY = 4;

/** An answer that is not an error. */
export interface Answer {
  readonly type: string;
  readonly body: string | Buffer;
  /**
   * Length of the end of the body that has the time of writing, in bytes. The ETag leaves it out, because the time
   * changes even if nothing else does.
   */
  readonly fleeting?: number;
  /** Whether anybody may read it, so that shared caches may keep it. */
  readonly isPublic: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Sends an answer: 304 if the client has it, and compressed if the client accepts that. It bypasses the framework, which sends
 * every answer as a stream: that would cost more than the rest of the request.
 *
 * @param added further headers
 * @returns the length of the body that was sent, in bytes
 */
export async function send(
  response: ServerResponse,
  answer: Answer,
  added: Readonly<Record<string, string>>,
): Promise<number> {
  const { method, headers: request } = response.req;
  const { type, isPublic, body, fleeting = 0 } = answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lasting = fleeting === 0 ? bytes : bytes.subarray(0, bytes.length - fleeting);
  const etag = `W/"${createHash('sha1').update(lasting).update(type).digest('base64url')}"`;
  // The spreads are last: if members followed them, Node 20 would make, and long keep, a hidden class for each object.
  const headers: OutgoingHttpHeaders = {
    etag,
    'cache-control': `${isPublic ? 'public' : 'private'}, max-age=1`,
    'x-content-type-options': 'nosniff',
    ...added,
    ...answer.headers,
  };
  if (isKnown(request['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return 0;
  }
  const { sent, encoding } = await encoded(bytes, request['accept-encoding']);
  headers['content-type'] = type;
  headers['content-length'] = sent.length;
  if (encoding !== 'identity') headers['content-encoding'] = encoding;
  response.writeHead(200, headers).end(sent);
  return method === 'HEAD' ? 0 : sent.length;
}

/** Whether a client names the tag among those that it has: RFC 9110, section 13.1.2. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//u, '');
  const known = ifNoneMatch.split(',').map(opaque);
  return known.includes('*') || known.includes(opaque(etag));
}

const compressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

async function encoded(
  bytes: Buffer,
  acceptEncoding: string | undefined,
): Promise<{ sent: Buffer; encoding: string }> {
  if (acceptEncoding === undefined || bytes.length < MIN_COMPRESSED_BYTES)
    return { sent: bytes, encoding: 'identity' };
  const encoding =
    negotiator('accept-encoding', acceptEncoding).encoding(['br', 'gzip', 'identity']) ?? 'identity';
  const compress = compressors[encoding];
  return compress === undefined
    ? { sent: bytes, encoding: 'identity' }
    : { sent: await compress(bytes), encoding };
}
