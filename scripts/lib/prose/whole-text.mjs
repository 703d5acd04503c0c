/**
 * A plugin for textlint that reads a file as one paragraph, so that phrases in comments are found across line ends.
 * textlint's own plugin for text starts a paragraph with each line.
 */
export class WholeText {
  availableExtensions() {
    return ['.txt'];
  }

  processor() {
    return {
      preProcess: document,
      postProcess: (/** @type {import('@textlint/kernel').TextlintMessage[]} */ messages) => ({
        messages,
        filePath: '<text>',
      }),
    };
  }
}

/**
 * @param {string} text
 * @returns {any} the tree of textlint
 */
function document(text) {
  const lines = text.split('\n');
  const end = { line: lines.length, column: lines.at(-1)?.length ?? 0 };
  const whole = {
    raw: text,
    range: /** @type {[number, number]} */ ([0, text.length]),
    loc: { start: { line: 1, column: 0 }, end },
  };
  return { type: 'Document', ...whole, children: [{ type: 'Paragraph', ...whole, children: [] }] };
}
