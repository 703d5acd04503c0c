import { DATA_CRS } from '@viaduct/geo-worker';
import { describe, expect, test } from 'vitest';
import { conflationKey } from '../../src/delivery/conflation-key.js';
import { OutMessage } from '../../src/delivery/messages.js';
import type { OutboxLimits } from '../../src/delivery/outbox-limits.js';
import { SessionView } from '../../src/session/view.js';
import { LiveBuffer, type LiveMember } from '../../src/state/live-buffer.js';

/** A session that only records its messages. */
class Host implements LiveMember {
  readonly view = new SessionView(DATA_CRS);
  readonly outbox = {
    bytes: 0,
    count: 0,
    giveUp: () => this.overflows++,
    superseded: () => this.supersessions++,
  };
  readonly got: string[] = [];
  overflows = 0;
  supersessions = 0;

  push(message: OutMessage): void {
    this.got.push(message.json);
  }
}

function message(text: string, id: string | null = null): OutMessage {
  return new OutMessage(text, 0, { id });
}

function setUp(limits: Partial<Omit<OutboxLimits, 'flushMs'>> = {}) {
  const host = new Host();
  let unneeded = 0;
  const hard = { maxBytes: 1000, maxMessages: 10, ...limits };
  const soft = { softBytes: hard.maxBytes, softMessages: hard.maxMessages, conflates: false };
  const hold = new LiveBuffer(host, { ...soft, ...hard }, () => unneeded++);
  return { host, hold, unneeded: () => unneeded };
}

describe('a hold', () => {
  test('holds messages back until it is released, then delivers them in order', () => {
    const { host, hold } = setUp();
    hold.begin();
    for (const text of ['a', 'b', 'c']) hold.push(message(text));
    expect(host.got).toEqual([]);
    hold.release();
    expect(host.got).toEqual(['a', 'b', 'c']);
    expect(hold.isUnneeded).toBe(true);
    hold.push(message('d'));
    expect(host.got).toEqual(['a', 'b', 'c', 'd']);
  });

  test('leaves out entries that were sent, held or later, until the first that was not sent', () => {
    const { host, hold, unneeded } = setUp();
    hold.begin();
    hold.push(message('1', '1-0'));
    hold.push(message('2', '2-0'));
    hold.leaveOutUpTo('10-0');
    hold.release();
    expect(host.got).toEqual([]);
    expect(hold.isUnneeded).toBe(false);
    hold.push(message('9', '9-5'));
    hold.push(message('10', '10-0'));
    expect([host.got, unneeded()]).toEqual([[], 0]);
    hold.push(message('11', '10-1'));
    expect(host.got).toEqual(['11']);
    expect([hold.isUnneeded, unneeded()]).toEqual([true, 1]);
  });

  test('remembers what to leave out when it holds again', () => {
    const { host, hold } = setUp();
    hold.begin();
    hold.leaveOutUpTo('5-0');
    hold.release();
    hold.begin();
    hold.push(message('4', '4-0'));
    hold.push(message('6', '6-0'));
    hold.release();
    expect(host.got).toEqual(['6']);
  });

  test('leaves nothing out of a stream that was created again', () => {
    const { host, hold } = setUp();
    hold.begin();
    hold.leaveOutUpTo('5-0');
    hold.release();
    hold.leaveOutUpTo(null);
    hold.push(message('1', '1-0'));
    expect(host.got).toEqual(['1']);
  });

  test('keeps the newest message of each feature past the soft limit, however fast the client reads', () => {
    const { host, hold } = setUp({ softMessages: 5, conflates: true });
    hold.begin();
    const about = (text: string, id: string) => new OutMessage(text, 0, { key: conflationKey('ships', id) });
    for (let i = 0; i <= 9; i++) hold.push(about(`x${i}`, 'x'));
    hold.push(about('y', 'y'));
    hold.release();
    expect(host.got).toEqual(['x9', 'y']);
    expect([host.supersessions, host.overflows]).toEqual([9, 0]);
  });

  test.each([
    ['messages', { maxBytes: 1_000_000, maxMessages: 10 }, 'x'],
    ['bytes', { maxBytes: 1000, maxMessages: 1_000_000 }, 'x'.repeat(98)],
  ])('counts to the limit of %s, together with the queue of the session', (what, limits, text) => {
    const { host, hold } = setUp(limits);
    if (what === 'messages') host.outbox.count = 3;
    else host.outbox.bytes = 300;
    hold.begin();
    for (let i = 0; i < 7; i++) hold.push(message(text));
    expect(host.overflows).toBe(0);
    hold.push(message(text));
    expect(host.overflows).toBe(1);
    hold.release();
    expect(host.got).toEqual([]);
  });
});
