import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { TextlintKernel } from '@textlint/kernel';
import { ROOT } from '../workspace.mjs';
import { phrasePattern } from './rules.mjs';
import { WholeText } from './whole-text.mjs';

/** @typedef {import('./rules.mjs').Rule} Rule */

// A CommonJS module: an import would give Node and Vitest different objects.
const { default: Markdown } = createRequire(import.meta.url)('@textlint/textlint-plugin-markdown');

const PLUGINS = [
  { pluginId: 'markdown', plugin: Markdown },
  { pluginId: 'whole-text', plugin: { Processor: WholeText } },
];

/** Files are plain text unless they are Markdown. */
const TEXT = '.txt';

/**
 * Checks one file.
 *
 * @param {string} file path in the repository
 * @param {Rule[]} rules
 * @returns {Promise<string[]>} a line for each phrase found: its place, and what to write instead
 */
export async function checkFile(file, rules) {
  return checkText(file, readFileSync(join(ROOT, file), 'utf8'), rules);
}

/**
 * @param {string} file decides how the text is read
 * @param {string} text
 * @param {Rule[]} rules
 * @returns {Promise<string[]>}
 */
export async function checkText(file, text, rules) {
  const { messages } = await new TextlintKernel().lintText(text, {
    ext: extname(file) === '.md' ? '.md' : TEXT,
    filePath: file,
    plugins: PLUGINS,
    rules: [{ ruleId: 'phrases', rule: phrases(rules) }],
  });
  return messages.map(({ loc, message }) => `${file}:${loc.start.line}:${loc.start.column} ${message}`);
}

/**
 * A rule for textlint that finds phrases in paragraphs, headings and cells of tables.
 *
 * @param {Rule[]} rules
 * @returns {import('@textlint/kernel').TextlintRuleModule}
 */
function phrases(rules) {
  const patterns = rules.map(({ insteadOf, write }) => ({ pattern: phrasePattern(insteadOf), write }));
  return ({ Syntax, RuleError, getSource, locator, report }) => {
    /** @param {Parameters<typeof getSource>[0] & object} node */
    const check = (node) => {
      for (const { pattern, write } of patterns) {
        for (const { 0: found, index } of getSource(node).matchAll(pattern)) {
          const padding = locator.range([index, index + found.length]);
          report(
            node,
            new RuleError(`instead of "${found.replaceAll(/\s+/g, ' ')}" write: ${write}`, { padding }),
          );
        }
      }
    };
    return { [Syntax.Paragraph]: check, [Syntax.Header]: check, [Syntax.TableCell]: check };
  };
}
