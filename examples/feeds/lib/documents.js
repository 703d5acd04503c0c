import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** The most of an answer that is read, in MiB, decompressed. */
const MOST_MEBIBYTES = 32;

/**
 * A kind of document: its name in error messages, and how to decode it.
 *
 * @template T
 * @typedef {object} Kind
 * @property {string} name such as "an aircraft.json"
 * @property {(document: Buffer) => T} decode throws if the document is not of this kind
 * @property {number} pause between two requests, in seconds
 */

/**
 * Yields whole documents: the answers of a URL, again and again; a file; or the files of a folder, in the order of their
 * names.
 *
 * @template T
 * @param {string} source
 * @param {Kind<T>} kind
 * @returns {AsyncGenerator<T>}
 */
export async function* documents(source, kind) {
  if (/^https?:/.test(source)) yield* answers(source, kind);
  else if ((await stat(source)).isDirectory()) {
    for (const file of (await readdir(source)).sort())
      yield decoded(await readFile(join(source, file)), kind);
  } else yield decoded(await readFile(source), kind);
}

/**
 * The answers that can be decoded. Others are reported, and later ones may be right; if none is, the vehicles fall silent.
 *
 * @template T
 * @param {string} url
 * @param {Kind<T>} kind
 */
async function* answers(url, kind) {
  let complaint = '';
  for (;;) {
    let answer = null;
    let problem = '';
    try {
      answer = decoded(await fetched(url), kind);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem !== complaint)
      console.error(problem === '' ? `${url}: all is well again` : `${url}: ${problem}; attempts continue`);
    complaint = problem;
    if (answer !== null) yield answer;
    await sleep(kind.pause * 1000);
  }
}

/** @param {string} url */
async function fetched(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new Error(`status ${answer.status}`);
  }
  return limited(answer.body ?? []);
}

/** @param {AsyncIterable<Uint8Array> | Iterable<Uint8Array>} body */
async function limited(body) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    // Leaving the loop ends the transfer.
    if (bytes > MOST_MEBIBYTES * 2 ** 20) throw new Error(`the answer is longer than ${MOST_MEBIBYTES} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * @template T
 * @param {Buffer} document
 * @param {Kind<T>} kind
 */
function decoded(document, { name, decode }) {
  try {
    return decode(document);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`this is not ${name}: ${why}`, { cause: error });
  }
}
