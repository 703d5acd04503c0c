/**
 * What PROTOCOL.md says in its tables and examples; the tests of packages/protocol hold them against the code.
 *
 * @typedef {{ name: string, description: string }} Described
 * @typedef {{ name: string, required: boolean, schema: object }} Member
 * @typedef {{ status: string, members: Member[], when: string }} Status
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
function section(text, heading) {
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
function tableRows(markdown, head) {
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
 * Statuses that the gateway reports: their members from the table of envelopes, and what these hold from the examples.
 * A member behind the word "perhaps", or one that an example lacks, is not always there.
 *
 * @param {string} text
 * @returns {Status[]}
 */
export function statuses(text) {
  const contents = examples(text).received.map(
    (envelope) => /** @type {{ content: Record<string, unknown> | null }} */ (envelope).content,
  );
  return tableRows(section(text, '## Envelopes'), '`status`').map(([cell, members = '', when]) => {
    const status = quoted(cell)[0] ?? '';
    const [always] = members.split('perhaps');
    const shown = contents.flatMap((content) => (content?.status === status ? [content] : []));
    return {
      status,
      members: quoted(members).map((name) => ({
        name,
        required: quoted(always).includes(name) && shown.every((content) => name in content),
        schema: schemaOf(shown.map((content) => content[name]).find((value) => value !== undefined)),
      })),
      when: plain(when),
    };
  });
}

/**
 * Further members of an envelope besides those that all have, from the table of envelopes.
 *
 * @param {string} text
 * @param {readonly string[]} known
 * @returns {(Described & { type: string })[]}
 */
export function furtherMembers(text, known) {
  return tableRows(section(text, '## Envelopes'), 'member')
    .map(([name, type = '', description]) => ({
      name: quoted(name)[0] ?? '',
      type,
      description: plain(description),
    }))
    .filter(({ name }) => !known.includes(name));
}

/**
 * The JSON Schema of the kind of value that an example has; of any value where there is none.
 *
 * @param {unknown} value
 * @returns {object}
 */
function schemaOf(value) {
  if (value === undefined) return {};
  if (Array.isArray(value)) return { type: 'array', items: schemaOf(value[0]) };
  return { type: Number.isInteger(value) ? 'integer' : typeof value };
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
