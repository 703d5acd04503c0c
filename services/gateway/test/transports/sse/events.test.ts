import { encodeEnvelope, type Status } from '@viaduct/protocol';
import { expect, test } from 'vitest';
import { OutMessage, type Queue, statusMessage } from '../../../src/delivery/messages.js';
import { EventFraming } from '../../../src/transports/sse/events.js';

function entry(id: string): OutMessage {
  const json = encodeEnvelope('ships', `{"id":${id}}`, 0, null, `${id}-0`);
  return new OutMessage(json, 0, { id: `${id}-0` });
}

function status(content: Status): OutMessage {
  return statusMessage(content, null);
}

/** The last id that a client has after each of the queues, which are written one after the other. */
function idsAfter(...queues: OutMessage[][]): string[] {
  const writer = new EventFraming();
  let last = 'that of before';
  return queues.map((messages) => {
    const queue = messages.reduce<Queue | null>(
      (before, message) => before?.append(message) ?? message.head,
      null,
    );
    const text = queue === null ? '' : writer.write(queue).toString();
    for (const [, id = ''] of text.matchAll(/^id: ?(.*)$/gmu)) last = id;
    return last;
  });
}

const begin = status({ status: 'snapshot_begin', channel: 'ships', reason: 'subscribed' });
const end = status({ status: 'snapshot_end', channel: 'ships', count: 1, id: '3-0' });

test('the id of an event is only sent when the client holds all that is before it', () => {
  expect(idsAfter([begin, entry('1')], [entry('2')], [entry('3'), end, entry('4')], [entry('5')])).toEqual([
    '',
    '',
    '4-0',
    '5-0',
  ]);
  const recovered = status({
    status: 'view',
    channel: 'ships',
    reason: 'recovered',
    entered: 1,
    left: [],
    id: '6-0',
  });
  expect(idsAfter([entry('6')], [recovered], [entry('7')])).toEqual(['that of before', '6-0', '7-0']);
});

test('a client that no longer learns what leaves its view has no id with which it could recover', () => {
  const ended = status({ status: 'live_ended', channel: 'ships', reason: 'too_big' });
  expect(idsAfter([begin, end], [ended], [begin, entry('4')], [end], [entry('5')])).toEqual([
    '3-0',
    '',
    '',
    '',
    '',
  ]);
});
