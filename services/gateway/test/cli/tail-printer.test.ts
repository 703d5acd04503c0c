import { expect, test } from 'vitest';
import { LiveLog } from '../../src/cli/tail-live.js';
import { TailPrinter } from '../../src/cli/tail-printer.js';
import { painter, wantsColours, widthOf } from '../../src/cli/terminal.js';

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const CLEAR = '\r\u001b[K';

function print(width: number | null, live: LiveLog | null = null) {
  const written: string[] = [];
  const screen = {
    write: (text: string) => void written.push(text),
    paint: painter(false),
    width: () => width,
  };
  const printer = new TailPrinter(screen, 1000, live);
  const show = (source: string, content: unknown, bytes = 100): void =>
    printer.envelope({ source, content, timestamp: TIME, client_reference: null }, bytes);
  return { printer, show, written };
}

test('on a terminal, the rates are below the messages and are rewritten', () => {
  const { printer, show, written } = print(80);
  for (let i = 0; i < 30; i += 1) show('trains', i, 500);
  written.length = 0;
  printer.rates(3000);
  expect(written).toEqual([`${CLEAR}15 messages/s  7.5 kB/s  30 in all`]);
  show('trains', 'x');
  expect(written.at(-1)).toBe(`${CLEAR}03:04:05.678  trains  "x"\n15 messages/s  7.5 kB/s  30 in all`);
  printer.rates(4000);
  expect(written.at(-1)).toBe(`${CLEAR}1 messages/s  0.1 kB/s  31 in all`);
  printer.summary(6000);
  expect(written.at(-1)).toBe(`${CLEAR}31 messages in 5 s: 6.2/s, 3 kB/s\n`);
});

test('lines fit the terminal', () => {
  const { printer, show, written } = print(40);
  show('trains', { long: 'x'.repeat(100) });
  show('websocket', { status: 'notice', message: 'y'.repeat(100) });
  printer.rates(2000);
  for (const text of written) expect(text.replace(CLEAR, '').trimEnd().length).toBeLessThanOrEqual(40);
});

test.each([0, undefined])('for a terminal that reports the width %s, nothing is cut', (columns) => {
  const { printer, show, written } = print(
    widthOf({ isTTY: true, ...(columns !== undefined && { columns }) }),
  );
  const long = 'x'.repeat(500);
  show('trains', long);
  show('websocket', { status: 'notice', message: long });
  expect(written).toEqual([
    `${CLEAR}03:04:05.678  trains  "${long}"\n`,
    `${CLEAR}── notice, message ${long}\n`,
  ]);
  printer.rates(2000);
  expect(written.at(-1)).toBe(`${CLEAR}1 messages/s  0.1 kB/s  1 in all`);
});

test('what is nested too deeply to be written does not end the output', () => {
  const { show, written } = print(null, new LiveLog());
  const deep: unknown = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
  const geometry = { type: 'Point', coordinates: [7, 47] };
  show('trains', deep);
  show('trains', { type: 'Feature', id: 1, geometry, properties: { deep } });
  show('trains', { type: 'Feature', id: deep, geometry, properties: null });
  expect(written.length).toBe(3);
  for (const line of written) expect(line).toContain('(nested too deeply to be printed)');
});

test('the width is that of the terminal, and null for a pipe', () => {
  expect(widthOf({ isTTY: true, columns: 132 })).toBe(132);
  expect(widthOf({})).toBeNull();
});

test('without a terminal there is no line to rewrite', () => {
  const { printer, show, written } = print(null);
  show('trains', 1);
  printer.rates(2000);
  expect(written).toEqual(['03:04:05.678  trains  1\n']);
});

test.each([
  [
    {
      type: 'Feature',
      id: 'a',
      geometry: {
        type: 'LineString',
        coordinates: [
          [1, 2],
          [3, 4],
        ],
      },
      properties: null,
    },
    'a  LineString 1 2 …',
  ],
  [{ type: 'Feature', geometry: null, properties: { n: 1 } }, 'no location  {"n":1}'],
  [{ type: 'Feature', id: 5, geometry: null }, '5  is gone'],
  [
    { type: 'Feature', id: 5, geometry: { type: 'GeometryCollection', geometries: [] } },
    '5  GeometryCollection',
  ],
  ['clear\u001b[2J\u009b2J', '"clear\\u001b[2J\\u009b2J"'],
  [null, 'null'],
])('%o is shown as one short line', (content, expected) => {
  const { show, written } = print(null);
  show('trains', content);
  expect(written).toEqual([`03:04:05.678  trains  ${expected}\n`]);
});

test('a feature that does not exist in the projection is not gone', () => {
  const { printer, written } = print(null);
  const envelope = { source: 'trains', timestamp: TIME, client_reference: null, unlocated: true } as const;
  printer.envelope({ ...envelope, content: { type: 'Feature', id: 5, geometry: null } }, 100);
  expect(written).toEqual(['03:04:05.678  trains  5  no location\n']);
});

test('a live view that starts again says which features are missing in it, and how many a view has lost', () => {
  const { show, written } = print(null, new LiveLog());
  const feature = (id: number) => ({ type: 'Feature', id, geometry: { type: 'Point', coordinates: [1, 2] } });
  const marks = () => written.splice(0).filter((line) => line.startsWith('──'));
  for (const id of [1, 2, 3]) show('trains', feature(id));
  show('websocket', { status: 'snapshot_begin', channel: 'trains', reason: 'projection' });
  show('trains', feature(2));
  show('trains', feature(3));
  show('websocket', { status: 'snapshot_end', channel: 'trains', count: 2 });
  expect(marks()).toEqual([
    '── snapshot begin, channel trains, reason projection\n',
    '── trains is complete: 2 features in the view, 1 left\n',
  ]);
  show('websocket', { status: 'view', channel: 'trains', reason: 'gap', entered: 0, left: [2, 4] });
  expect(marks()).toEqual([
    '── trains is complete: 1 feature in the view, 1 left, messages may have been missed before\n',
  ]);
});

test('messages of the gateway itself look different', () => {
  const { show, written } = print(null);
  show('websocket', { status: 'snapshot_end', channel: 'trains', count: 3 });
  expect(written).toEqual(['── snapshot end, channel trains, count 3\n']);
});

test('colours follow the option, and without one are used on a terminal unless NO_COLOR is set', () => {
  expect(wantsColours(undefined, true, {})).toBe(true);
  expect(wantsColours(undefined, false, {})).toBe(false);
  expect(wantsColours(undefined, true, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColours(undefined, true, { NO_COLOR: '' })).toBe(true);
  expect(wantsColours(true, false, { NO_COLOR: '1' })).toBe(true);
  expect(wantsColours(false, true, {})).toBe(false);
});
