import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import Negotiator from 'negotiator';

/** Shorter answers are not compressed. */
const MIN_COMPRESSED_BYTES = 1024;

/** Brotli's quality: as fast as gzip. */
const BROTLI_QUALITY = 4;

/** What of a request decides how its answer is sent. */
const VARY = 'Accept, Accept-Encoding, Authorization, X-API-Key';

/** An answer that is not an error. */
export interface Answer {
  readonly type: string;
  readonly body: string;
  /** The part of it that changes only if the answer does: all but the time at which it was written. */
  readonly lasting?: string;
  /** Whether everybody may have it, so that shared caches may keep it. */
  readonly isPublic: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The headers of a request that decide how its answer is sent. */
export interface RequestHeaders {
  readonly ifNoneMatch: string | undefined;
  readonly acceptEncoding: string | undefined;
}

/** Writes an answer: 304 if the client has it, and compressed if the client accepts that. */
export async function respond(
  answer: Answer,
  { ifNoneMatch, acceptEncoding }: RequestHeaders,
): Promise<Response> {
  const etag = `W/"${createHash('sha1')
    .update(answer.lasting ?? answer.body)
    .update(answer.type)
    .digest('base64url')}"`;
  const headers = {
    ...answer.headers,
    etag,
    'cache-control': `${answer.isPublic ? 'public' : 'private'}, max-age=1`,
    vary: VARY,
    'x-content-type-options': 'nosniff',
  };
  if (isKnown(ifNoneMatch, etag)) return new Response(null, { status: 304, headers });
  const { bytes, encoding } = await encoded(answer.body, acceptEncoding);
  return new Response(bytes, {
    status: 200,
    headers: {
      ...headers,
      'content-type': answer.type,
      'content-length': String(bytes.length),
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    },
  });
}

/** Whether a client names the tag among those that it has: RFC 9110, section 13.1.2. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//u, '');
  const known = (ifNoneMatch ?? '').split(',').map(opaque);
  return known.includes('*') || known.includes(opaque(etag));
}

const compressors: Readonly<Record<string, (bytes: Buffer) => Promise<Buffer<ArrayBuffer>>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

async function encoded(
  body: string,
  acceptEncoding: string | undefined,
): Promise<{ bytes: Buffer<ArrayBuffer>; encoding: string }> {
  const bytes = Buffer.from(body);
  const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
  const encoding = new Negotiator({ headers }).encoding(['br', 'gzip', 'identity']) ?? 'identity';
  const compress = bytes.length < MIN_COMPRESSED_BYTES ? undefined : compressors[encoding];
  return compress === undefined
    ? { bytes, encoding: 'identity' }
    : { bytes: await compress(bytes), encoding };
}
