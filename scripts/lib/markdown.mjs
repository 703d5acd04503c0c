import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Folders whose files are not ours to check. */
const FOREIGN = ['node_modules', 'dist', 'coverage', 'artifacts', 'results', '.git', '.cache'];

/**
 * All Markdown files below a folder, relative to it.
 *
 * @param {string} root
 * @param {string} [folder]
 * @returns {string[]}
 */
export function markdownFiles(root, folder = '') {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.includes(entry.name) ? [] : markdownFiles(root, path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/**
 * A text without its blocks and spans of code, which may hold what only looks like a link or a heading.
 *
 * @param {string} markdown
 * @returns {string}
 */
function prose(markdown) {
  return markdown.replace(/^```[\s\S]*?^```/gmu, '').replace(/^ {4}.*$/gmu, '');
}

/**
 * Targets of all links and images.
 *
 * @param {string} markdown
 * @returns {string[]}
 */
export function links(markdown) {
  const text = prose(markdown).replace(/`[^`\n]*`/gu, '``');
  const inline = [...text.matchAll(/\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)/gu)];
  const definitions = [...text.matchAll(/^\[[^\]]+\]: +(\S+)$/gmu)];
  return [...inline, ...definitions].map(([, target]) => target ?? '');
}

/**
 * The anchors of all headings, as GitHub makes them.
 *
 * @param {string} markdown
 * @returns {string[]}
 */
export function anchors(markdown) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return [...prose(markdown).matchAll(/^#+ +(.+?) *$/gmu)].map(([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]+)\]\([^)]*\)/gu, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}
