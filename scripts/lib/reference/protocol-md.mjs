/**
 * What PROTOCOL.md says in its tables and examples; the tests of packages/protocol hold them against the code.
 *
 * @typedef {{ name: string, description: string }} Described
 * @typedef {{ status: string, members: string[], optional: string[], when: string }} Status
 */

/** What PROTOCOL.md says of an argument that every command takes. */
const CLIENT_REF = 'any word; comes back as `client_reference` in every envelope that answers';

/**
 * The text below a heading, up to the next one of the same or a higher level.
 *
 * @param {string} text
 * @param {string} heading with its signs, such as `### GET`
 * @returns {string}
 */
export function section(text, heading) {
  const level = heading.split(' ')[0]?.length ?? 0;
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`PROTOCOL.md has no heading "${heading}"`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'mu'));
  return end < 0 ? rest : rest.slice(0, end);
}

/**
 * The cells of the tables in a text whose head begins with these words.
 *
 * @param {string} markdown
 * @param {string} head first cell of the table's head
 * @returns {string[][]}
 */
export function tableRows(markdown, head) {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => cells(line)[0] === head);
  if (start < 0) return [];
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, length < 0 ? undefined : start + length).map(cells);
}

/**
 * @param {string} line
 * @returns {string[]}
 */
function cells(line) {
  return line
    .split(/(?<!\\)\|/u)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/**
 * The words in backticks.
 *
 * @param {string | undefined} cell
 * @returns {string[]}
 */
function quoted(cell = '') {
  return [...cell.matchAll(/`([^`]+)`/gu)].map(([, word]) => word ?? '');
}

/**
 * Statuses that the gateway reports, from the table of envelopes. Members behind the word "perhaps" are optional.
 *
 * @param {string} text
 * @returns {Status[]}
 */
export function statuses(text) {
  return tableRows(section(text, '## Envelopes'), '`status`').map(([status, members = '', when]) => {
    const [always, optional] = members.split('perhaps');
    return {
      status: quoted(status)[0] ?? '',
      members: quoted(always),
      optional: quoted(optional),
      when: plain(when),
    };
  });
}

/**
 * Options of a command's socket.io event, with what PROTOCOL.md says of the arguments of that name.
 *
 * @param {string} text
 * @param {string} event
 * @returns {Described[]}
 */
export function eventOptions(text, event) {
  const row = tableRows(section(text, '## socket.io'), 'event').find(([first]) => first === `\`${event}\``);
  if (row === undefined)
    throw new Error(`PROTOCOL.md has no event "${event}" in its table of socket.io events`);
  const described = tableRows(section(text, `### ${event.toUpperCase()}`), 'argument').map((cellsOfRow) => ({
    names: cellsOfRow.slice(0, -1).flatMap(quoted),
    description: plain(cellsOfRow.at(-1)),
  }));
  return quoted(row[1]).map((name) => {
    const isOf = (/** @type {string} */ argument) => argument === name || argument.startsWith(`${name}=`);
    const known = described.find(({ names }) => names.some(isOf))?.description;
    return { name, description: known ?? (name === 'client_ref' ? CLIENT_REF : '') };
  });
}

/**
 * What clients send and receive in the examples, line by line.
 *
 * @param {string} text
 * @returns {{ sent: string[], received: unknown[] }}
 */
export function examples(text) {
  const lines = [...text.matchAll(/```text\n(.*?)```/gsu)].flatMap(([, block = '']) => block.split('\n'));
  const after = (/** @type {string} */ mark) =>
    lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length));
  return { sent: [...new Set(after('> '))], received: after('< ').map((line) => JSON.parse(line)) };
}

/**
 * Markdown as text: links without their targets, cells without backslashes.
 *
 * @param {string} [markdown]
 * @returns {string}
 */
function plain(markdown = '') {
  return markdown.replace(/\[([^\]]+)\]\([^)]*\)/gu, '$1').replaceAll('\\|', '|');
}
