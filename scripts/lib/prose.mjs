/** @typedef {{ insteadOf: string, write: string }} Rule */

/** What may separate the words of a phrase: white space, and the marks of a continued comment. */
const BETWEEN_WORDS = String.raw`[\s*#/]+`;

/** Code in Markdown, which is not prose. */
const CODE = /```.*?```|`[^`\n]*`/gsu;

/**
 * Finds phrases in a text: everywhere in a source, outside of code in Markdown.
 *
 * @param {string} file its name decides whether the text is Markdown
 * @param {string} text
 * @param {Rule[]} rules
 * @returns {string[]} a line for each phrase found: its place, and what to write instead
 */
export function phrasesIn(file, text, rules) {
  const prose = file.endsWith('.md') ? text.replace(CODE, (code) => code.replace(/[^\n]/gu, '`')) : text;
  return rules.flatMap(({ insteadOf, write }) =>
    [...prose.matchAll(phrasePattern(insteadOf))].map(({ 0: found, index }) => {
      const before = prose.slice(0, index).split('\n');
      const place = `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
      return `${place} instead of "${found.replace(/\s+/gu, ' ')}" write: ${write}`;
    }),
  );
}

/**
 * @param {string} phrase as in prose.yml
 * @returns {RegExp}
 */
function phrasePattern(phrase) {
  const words = phrase.split(' ').map((word) => `(?:${word.replaceAll('*', String.raw`\w*`)})`);
  return new RegExp(String.raw`\b${words.join(BETWEEN_WORDS)}\b`, 'giu');
}
