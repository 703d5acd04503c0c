import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

/**
 * Yields whole documents: the answers of a URL, again and again; a file; or the files of a folder, in the order of their
 * names.
 *
 * @param {string} source
 * @param {number} pause between two requests, in seconds
 * @returns {AsyncGenerator<Buffer>}
 */
export async function* documents(source, pause) {
  if (/^https?:/.test(source)) yield* answers(source, pause);
  else if ((await stat(source)).isDirectory()) {
    for (const file of (await readdir(source)).sort()) yield readFile(join(source, file));
  } else yield readFile(source);
}

/**
 * @param {string} url
 * @param {number} pause
 */
async function* answers(url, pause) {
  for (;;) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      yield Buffer.from(await answer.arrayBuffer());
    } catch (error) {
      // If this lasts, the vehicles fall silent.
      console.error(`${url}: ${error instanceof Error ? error.message : error}`);
    }
    await sleep(pause * 1000);
  }
}
