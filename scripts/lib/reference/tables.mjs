import {
  CLOSE_CODES,
  COMMANDS,
  ENVELOPE_MEMBERS,
  ERROR_CODES,
  STATUSES,
  TEMPORARY_ERRORS,
  UNRECOVERED,
} from '../../../packages/protocol/dist/index.js';
import { argumentRows } from './arguments.mjs';
import { code, table } from './markdown.mjs';

/** The content of an envelope from `websocket`, by status. */
export function statusTable() {
  const rows = Object.entries(STATUSES).map(([name, { when, members }]) => {
    const named = Object.entries(members).map(
      ([member, { optional }]) => `${code(member)}${optional ? '?' : ''}`,
    );
    return [code(name), named.join(', '), when];
  });
  return table(['`status`', 'other members', 'meaning'], rows);
}

/**
 * PROTOCOL.md with a section for every command. One that is missing becomes the last of "Commands", with an empty block.
 *
 * @param {string} page
 * @param {readonly string[]} [names] of the commands
 * @returns {string}
 */
export function withCommandSections(page, names = Object.keys(COMMANDS)) {
  const sections = names
    .map((name) => `### ${name}\n\n<!-- generated: command ${name} -->\n`)
    .filter((start) => !page.includes(start))
    .map((start) => `${start}<!-- /generated -->\n\n`);
  return page.replace(/^## Commands\n.*?(?=^## )/msu, (commands) => commands + sections.join(''));
}

/**
 * The block of one command in PROTOCOL.md, from its specification.
 *
 * @param {string} name
 * @throws {Error} if there is no such command
 */
function commandBlock(name) {
  const syntax = Object.values(COMMANDS).find((command) => command.name === name);
  if (syntax === undefined) throw new Error(`PROTOCOL.md has a block for ${name}, which is not a command`);
  const { usage, summary, answer, errors = [], example = [] } = syntax;
  const rows = argumentRows(syntax).filter(([argument]) => argument !== '`client_ref`');
  const lines = example.flatMap(({ send, receive = [] }) => [
    `> ${send}`,
    ...receive.map((envelope) => `< ${JSON.stringify(envelope)}`),
  ]);
  return [
    `    ${usage}`,
    summary,
    ...(rows.length > 0 ? [table(['argument', 'type', 'meaning'], rows)] : []),
    ...(answer === undefined ? [] : [`Answer: ${answer}`]),
    ...(errors.length > 0 ? [`Errors: ${errors.map(code).join(', ')}.`] : []),
    ...(lines.length > 0 ? [['```text', ...lines, '```'].join('\n')] : []),
  ].join('\n\n');
}

/**
 * The blocks of PROTOCOL.md, by their kind.
 *
 * @type {Record<string, (subject: string) => string>}
 */
export const PROTOCOL_BLOCKS = {
  command: commandBlock,
  statuses: statusTable,
  envelope: () =>
    table(
      ['member', 'type', 'meaning'],
      Object.entries(ENVELOPE_MEMBERS).map(([name, { type, doc }]) => [code(name), type, doc]),
    ),
  errors: () =>
    [
      table(
        ['code', 'meaning'],
        Object.entries(ERROR_CODES).map(([name, meaning]) => [code(name), meaning]),
      ),
      `Codes after which the same command may succeed a few seconds later: ${TEMPORARY_ERRORS.map(code).join(', ')}.`,
    ].join('\n\n'),
  closing: () =>
    table(
      ['code', 'name', 'reason', 'meaning'],
      Object.entries(CLOSE_CODES).map(([name, close]) => [
        String(close.code),
        code(name),
        close.reason,
        close.meaning,
      ]),
    ),
  unrecovered: () =>
    table(
      ['`reason`', 'meaning'],
      Object.entries(UNRECOVERED).map(([name, meaning]) => [code(name), meaning]),
    ),
};
