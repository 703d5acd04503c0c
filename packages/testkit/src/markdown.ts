import type { Root } from 'mdast';
import { toString as textOf } from 'mdast-util-to-string';
import { remark } from 'remark';
import remarkGfm from 'remark-gfm';
import { visit } from 'unist-util-visit';

/** A fenced block of code in a document. */
export interface CodeBlock {
  /** The word after the fence, such as `sh`; empty for none. */
  language: string;
  /** What follows that word. */
  meta: string;
  text: string;
  /** Where it begins, from 1. */
  line: number;
  /** The heading above it; empty for none. */
  heading: string;
}

/** The fenced blocks of a document in Markdown, in order. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let heading = '';
  visit(parse(markdown), (node) => {
    if (node.type === 'heading') heading = textOf(node);
    if (node.type !== 'code') return;
    const { lang, meta, value, position } = node;
    blocks.push({
      language: lang ?? '',
      meta: meta ?? '',
      text: `${value}\n`,
      line: position?.start.line ?? 0,
      heading,
    });
  });
  return blocks;
}

/** A cell of a table. */
export interface Cell {
  text: string;
  /** The parts in code marks. */
  code: string[];
}

/** The rows of all tables of a document in Markdown, without their heads. */
export function tableRows(markdown: string): Cell[][] {
  const rows: Cell[][] = [];
  visit(parse(markdown), 'table', ({ children: [, ...body] }) => {
    for (const { children } of body) {
      rows.push(
        children.map((cell) => {
          const code: string[] = [];
          visit(cell, 'inlineCode', ({ value }) => void code.push(value));
          return { text: textOf(cell), code };
        }),
      );
    }
  });
  return rows;
}

function parse(markdown: string): Root {
  return remark().use(remarkGfm).parse(markdown);
}
