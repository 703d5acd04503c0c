import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { conformanceCases } from '../src/conformance/index.js';
import {
  BUFFER_LIMITS,
  COMMANDS,
  CommandError,
  type CommandName,
  ERROR_CODES,
  type ErrorStatus,
  MAX_ARGUMENT_LENGTH,
  MAX_ECHO,
  MAX_GAP_CHANNELS,
  MAX_HINTS,
  MAX_WORDS,
  parseCommandLine,
  parseEnvelope,
  STATUSES,
  TEMPORARY_ERRORS,
} from '../src/index.js';

const text = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8');

/** The text below a heading, up to the next one of the same or a higher level. */
function section(heading: string): string {
  const level = heading.split(' ')[0]?.length ?? 0;
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`PROTOCOL.md has no heading "${heading}"`);
  const rest = text.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${level}} `, 'mu'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** The cells of the first table in a text, without its head. */
function table(markdown: string): string[][] {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function unquoted(cell: string | undefined): string {
  return cell?.replaceAll('`', '') ?? '';
}

const names = Object.keys(COMMANDS) as CommandName[];

describe('PROTOCOL.md', () => {
  it('has a section with the generated block for every command, and for no other', () => {
    const headings = [...section('## Commands').matchAll(/^### (.+)$/gmu)].map(([, heading]) => heading);
    expect(headings.toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      expect(section(`### ${name}`)).toMatch(new RegExp(`^\n<!-- generated: command ${name} -->\n`, 'u'));
    }
  });

  it('says how many channels a gap status names', () => {
    expect(section('## Gaps')).toContain(`at most ${MAX_GAP_CHANNELS} names`);
  });

  it('has the same limits as the code', () => {
    const limits = [
      MAX_ARGUMENT_LENGTH,
      MAX_WORDS,
      MAX_HINTS,
      BUFFER_LIMITS.size,
      BUFFER_LIMITS.ms,
      MAX_ECHO,
    ];
    expect(table(section('## Limits')).map(([, value]) => Number(value))).toEqual(limits);
  });

  it('claims nothing about the order of box and projection that the conformance suite does not test', () => {
    const tested = conformanceCases(['raw']).map(({ name }) => name);
    const rows = table(section('#### Box and projection together'));
    expect(rows.length).toBeGreaterThan(6);
    for (const [sent = '', crs = ''] of rows) {
      const commands = sent
        .split(', ')
        .map((command) =>
          command === '`BBOX`' ? 'BBOX with numbers' : unquoted(command).replace(' alone', ''),
        );
      const boxCrs = crs.split(' ')[0]?.toLowerCase();
      expect(tested).toContain(`raw: after ${commands.join(', ')} the box is in ${boxCrs}`);
    }
  });

  it('links only to headings that exist', () => {
    const anchors = [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/gu, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/gu)) expect(anchors).toContain(anchor);
  });
});

test('every error that tells a client to try again is a temporary one', () => {
  const saySo = Object.entries(ERROR_CODES).filter(([, meaning]) => meaning.includes('try again'));
  expect(saySo.length).toBeGreaterThan(0);
  for (const [name] of saySo) expect(TEMPORARY_ERRORS).toContain(name);
});

describe('the examples of PROTOCOL.md', () => {
  const blocks = [...text.matchAll(/```text\n(.*?)```/gsu)].map(([, block = '']) => block.trim().split('\n'));
  const exchanges = blocks.flatMap((lines) => lines.map((line, i) => ({ line, next: lines[i + 1] ?? '' })));

  it('cover every command', () => {
    const sent = exchanges.filter(({ line }) => line.startsWith('> ')).map(({ line }) => line.slice(2));
    const covered = new Set(sent.map((line) => parseCommandLine(line).name));
    for (const name of names) expect(covered).toContain(name);
  });

  it.each(exchanges.filter(({ line }) => line.startsWith('> ')))('$line', ({ line, next }) => {
    const sent = line.slice(2);
    const error = refusal(sent);
    if (error === null) return;
    const { content } = parseEnvelope(next.slice(2)) as { content: ErrorStatus };
    expect(content).toEqual({
      status: 'error',
      code: error.code,
      message: error.message || content.message,
      command: sent,
    });
  });

  it.each(exchanges.filter(({ line }) => !line.startsWith('> ')))('$line', ({ line }) => {
    expect(line.startsWith('< ')).toBe(true);
    const { source, content } = parseEnvelope(line.slice(2));
    if (source !== 'websocket' || content === 'PONG') return;
    const { status, code } = content as Partial<ErrorStatus>;
    expect(Object.keys(STATUSES)).toContain(status);
    if (status === 'error') expect(Object.keys(ERROR_CODES)).toContain(code);
  });
});

/** Why the parser refuses a line; null if it accepts it. A message is empty if the gateway words it. */
function refusal(line: string): { code: string; message: string } | null {
  const { name, ...args } = parseCommandLine(line);
  if (!(name in COMMANDS)) return { code: 'unknown_command', message: '' };
  try {
    COMMANDS[name as CommandName].parse(args);
    return null;
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}
