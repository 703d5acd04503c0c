import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../workspace.mjs';

/** @typedef {{ insteadOf: string, write: string }} Rule */

/**
 * The rules and the files that they apply to.
 *
 * @returns {{ files: string[], rules: Rule[] }}
 */
export function readRules() {
  return parse(readFileSync(join(ROOT, 'scripts/prose.yml'), 'utf8'));
}

/** What may separate the words of a phrase: white space, and the marks of a continued comment. */
const BETWEEN_WORDS = String.raw`[\s*#/]+`;

/**
 * Where a phrase occurs in a text.
 *
 * @param {string} phrase as in prose.yml
 * @returns {RegExp}
 */
export function phrasePattern(phrase) {
  const words = phrase.split(' ').map((word) => `(?:${word.replaceAll('*', String.raw`\w*`)})`);
  return new RegExp(String.raw`\b${words.join(BETWEEN_WORDS)}\b`, 'giu');
}
