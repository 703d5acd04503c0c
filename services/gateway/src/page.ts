import { existsSync } from 'node:fs';
import sirv from 'sirv';
import { ConfigError } from './config.js';

/** A name with a hash of the content in it, as bundlers write them into `assets/`: whatever it names never changes. */
const NAMED_BY_CONTENT = /\/assets\/[^/]+-[\w-]{8,}\.\w+$/;

/** Lets browsers keep a file for a year without asking again: RFC 9111, and RFC 8246 for `immutable`. */
const KEEP = 'public, max-age=31536000, immutable';

/**
 * Serves the files of a directory. Where a file lies beside itself with the ending `.br` or `.gz`, a browser that takes it
 * gets that one. Browsers ask before they use what they have kept, except for what is named by its content.
 *
 * @throws ConfigError where there is no such directory
 */
export function servePage(directory: string): ReturnType<typeof sirv> {
  if (!existsSync(directory)) {
    throw new ConfigError(`PAGE_DIR ${directory} does not exist; name a directory, or leave it empty`);
  }
  return sirv(directory, {
    dev: true,
    etag: true,
    brotli: true,
    gzip: true,
    setHeaders(response, path) {
      response.setHeader('x-content-type-options', 'nosniff');
      if (NAMED_BY_CONTENT.test(path)) response.setHeader('cache-control', KEEP);
    },
  });
}
