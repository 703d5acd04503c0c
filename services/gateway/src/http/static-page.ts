import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import sirv from 'sirv';
import { ConfigError } from '../config/config.js';

/** A name with a hash of the content, as bundlers write them into `assets/`: the file never changes. */
const NAMED_BY_CONTENT = /\/assets\/[^/]+-[\w-]{8,}\.\w+$/;

/** Names that start with a dot, such as `.env`, are not for browsers, except RFC 8615's `.well-known`. */
const HIDDEN = /\/\.(?!well-known\/)/u;

/** One range of bytes, short enough to be a safe integer (RFC 9110 section 14.1.2). */
const ONE_RANGE = /^bytes=(\d{1,15})-(\d{0,15})$/u;

/** Lets browsers keep a file for a year without asking again: RFC 9111, and RFC 8246 for `immutable`. */
const KEEP = 'public, max-age=31536000, immutable';

/**
 * Serves the files of a directory. If there is a compressed copy with the suffix `.br` or `.gz`, browsers that accept it
 * receive the copy. The directory is read once: looking for each file in all its forms with every request would be slow.
 * Browsers revalidate cached files, except those whose name contains a hash of the content.
 *
 * @throws ConfigError if there is no such directory
 */
export function servePage(directory: string): ReturnType<typeof sirv> {
  if (!existsSync(directory)) {
    throw new ConfigError(`PAGE_DIR ${directory} does not exist; name a directory, or leave it empty`);
  }
  const serve = sirv(directory, {
    etag: true,
    brotli: true,
    gzip: true,
    dotfiles: true,
    setHeaders(response, path) {
      response.setHeader('x-content-type-options', 'nosniff');
      response.setHeader('cache-control', NAMED_BY_CONTENT.test(path) ? KEEP : 'no-cache');
    },
  });
  return (request, response, next) => {
    if (HIDDEN.test(decoded(request.url ?? '/'))) {
      void next?.();
      return;
    }
    // If a range cannot be served as requested, the whole file is: RFC 9110 section 14.2 lets a server ignore the header.
    if (!isServableRange(request.headers.range)) delete request.headers.range;
    response.once('pipe', (file: Readable) => {
      // sirv leaves the file open if the client goes away first.
      response.once('close', () => file.destroy());
    });
    void serve(request, response, next);
  };
}

/** The path under which the file is looked up. */
function decoded(url: string): string {
  const [path = '/'] = url.split('?');
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

function isServableRange(range: string | undefined): boolean {
  const [, first, last] = ONE_RANGE.exec(range ?? '') ?? [];
  return first !== undefined && (last === '' || Number(first) <= Number(last));
}
