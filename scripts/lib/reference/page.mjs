import { CLOSE_CODES, COMMANDS, ERROR_CODES } from '../../../packages/protocol/dist/index.js';
import { argumentRows } from './arguments.mjs';
import { code, table } from './markdown.mjs';
import { statusTable } from './tables.mjs';

/**
 * The reference as a page to read.
 *
 * @returns {string}
 */
export function referencePage() {
  return `<!-- Written by npm run generate; change packages/protocol instead. -->

# Reference

All commands, events, statuses and codes of a Viaduct gateway on one page. [PROTOCOL.md](../PROTOCOL.md) explains them.
[asyncapi.yaml](asyncapi.yaml) (AsyncAPI 3) says the same for programs.

## Commands

On a plain WebSocket a command is a text frame; on socket.io it is an event with one object of options.

${commands()}

## What a client receives

Everything is an [envelope](../PROTOCOL.md#envelopes): \`source\`, \`content\`, \`timestamp\` (milliseconds) and
\`client_reference\`. Envelopes whose source is \`websocket\` have \`"PONG"\` or one of these as their content:

${statusTable()}

socket.io sends envelopes as \`message\` events, in lists as \`messages\` to clients that ask for batches, and \`closing\`
with code and reason just before it ends a session.

## Error codes

${table(
  ['code', 'meaning'],
  Object.entries(ERROR_CODES).map(([name, meaning]) => [code(name), meaning]),
)}

## Close codes

${table(
  ['code', 'name', 'meaning'],
  Object.entries(CLOSE_CODES).map(([name, close]) => [String(close.code), code(name), close.meaning]),
)}
`;
}

function commands() {
  return Object.values(COMMANDS)
    .map((syntax) => {
      const { name, usage, summary, errors = [] } = syntax;
      const paragraphs = [
        `### ${name}`,
        `    ${usage}`,
        `${summary} [More](../PROTOCOL.md#${name.toLowerCase()})`,
        table(['argument', 'type', 'meaning'], argumentRows(syntax)),
        ...(errors.length > 0 ? [`Errors: ${errors.map(code).join(', ')}.`] : []),
      ];
      return paragraphs.join('\n\n');
    })
    .join('\n\n');
}
