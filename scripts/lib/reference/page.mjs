import { CLOSE_CODES, COMMANDS, ERROR_CODES } from '../../../packages/protocol/dist/index.js';

/** @typedef {ReturnType<typeof import('./asyncapi.mjs').asyncapi>} Document */

/**
 * The reference as a page to read, from the same document.
 *
 * @param {Document} document
 * @returns {string}
 */
export function referencePage(document) {
  return `<!-- Written by node scripts/write-reference.mjs; change PROTOCOL.md and packages/protocol instead. -->
# Reference

All commands, events, statuses and codes of a Viaduct gateway on one page. What they mean in full is said in
[PROTOCOL.md](../PROTOCOL.md). For programs, the same is in [asyncapi.yaml](asyncapi.yaml) (AsyncAPI 3).

## Commands

On a plain WebSocket a command is a text frame; on socket.io it is an event with one object of options.

${commands(document)}

## What a client receives

Everything is an [envelope](../PROTOCOL.md#envelopes): \`source\`, \`content\`, \`timestamp\` (milliseconds) and
\`client_reference\`. Envelopes whose source is \`websocket\` have \`"PONG"\` or one of these as their content:

${table(['status', 'other members', 'when'], statusRows(document))}

socket.io sends envelopes as \`message\` events, in lists as \`messages\` to clients that ask for batches, and \`closing\`
with code and reason just before it ends a session.

## Error codes

${table(
  ['code', 'meaning'],
  Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
)}

## Close codes

${table(
  ['code', 'name', 'meaning'],
  Object.entries(CLOSE_CODES).map(([name, { code, meaning }]) => [String(code), `\`${name}\``, meaning]),
)}
`;
}

/** @param {Document} document */
function commands({ components }) {
  const messages = /** @type {Record<string, { payload: { properties: Record<string, object> } }>} */ (
    components.messages
  );
  return Object.entries(COMMANDS)
    .map(([name, { usage, summary }]) => {
      const { properties } = messages[`event_${name.toLowerCase()}`]?.payload ?? { properties: {} };
      const rows = Object.entries(properties).map(([option, schema]) => [
        `\`${option}\``,
        ...describe(schema),
      ]);
      return `### ${name}

    ${usage}

${summary} [In full](../PROTOCOL.md#${name.toLowerCase()})

${table([`option of \`${name.toLowerCase()}\``, 'type', 'meaning'], rows)}`;
    })
    .join('\n\n');
}

/**
 * Type and meaning of an option.
 *
 * @param {{ type?: string, enum?: string[], description?: string }} schema
 */
function describe({ type, enum: words, description }) {
  const shown = words?.map((word) => `\`${word}\``).join(' or ') ?? type ?? 'any';
  return [shown, description ?? ''];
}

/** @param {Document} document */
function statusRows({ components }) {
  return Object.entries(components.schemas).flatMap(([name, schema]) => {
    if (!name.startsWith('status_')) return [];
    const { properties, description } = /** @type {{ properties: object, description: string }} */ (schema);
    const [, ...members] = Object.keys(properties);
    return [
      [
        `\`${name.slice('status_'.length)}\``,
        members.map((member) => `\`${member}\``).join(', '),
        description,
      ],
    ];
  });
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
