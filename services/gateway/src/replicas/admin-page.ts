import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { packageFile } from '../config/package-files.js';
import { send } from '../http/http.js';

/** The files of the page that are not compiled, and its compiled scripts, in the package. */
const SOURCES = packageFile('page/');
const SCRIPTS = packageFile('dist/page/');

/**
 * The page may load only its own files and call only this gateway, no other page may frame it, and its address is sent
 * nowhere.
 */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

interface File {
  readonly type: string;
  readonly text: string;
}

/** The page for operators, which calls the admin API with the token that they type. The page itself has no secret. */
export class AdminPage {
  readonly #files = new Map<string, File>();
  readonly #root: string;

  /** @param root path of the page, without the slash at its end */
  constructor(root: string) {
    this.#root = root;
    const add = (path: string, type: string, file: URL): void => {
      this.#files.set(`${root}/${path}`, { type, text: readFileSync(file, 'utf8') });
    };
    add('', 'text/html; charset=utf-8', new URL('index.html', SOURCES));
    add('page/page.css', 'text/css', new URL('page.css', SOURCES));
    for (const name of readdirSync(SCRIPTS).filter((file) => file.endsWith('.js'))) {
      add(`page/${name}`, 'text/javascript', new URL(name, SCRIPTS));
    }
  }

  /** Answers a request if it is for the page; returns whether it was. */
  handle({ method, url = '' }: IncomingMessage, response: ServerResponse): boolean {
    if (method !== 'GET' && method !== 'HEAD') return false;
    if (url === this.#root) {
      // Relative to the page, so that it also works behind a proxy with another path.
      send(response, 308, 'text/plain', 'the page is at admin/\n', { location: 'admin/' });
      return true;
    }
    const file = this.#files.get(url);
    if (file === undefined) return false;
    send(response, 200, file.type, file.text, HEADERS);
    return true;
  }
}
