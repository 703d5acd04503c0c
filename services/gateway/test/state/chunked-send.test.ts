import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { sendInChunks } from '../../src/state/chunked-send.js';
import { makeOutbox, message } from '../support/outbox-harness.js';
import { createLongWork } from '../support/work.js';

test('a value that is larger than a queue waits until the client has received the messages before it', async () => {
  const { writer, outbox, overflows, congest } = makeOutbox({ maxBytes: 1000 });
  writer.congestedAfterWrite = true;
  const texts = ['a'.repeat(600), 'b'.repeat(2000), 'c'];
  let waits = 0;
  const sending = sendInChunks(texts.length, (i) => message(texts[i] ?? '', false, true), {
    outbox,
    longWork: createLongWork(),
    session: { network: '', ended: false },
    drained() {
      waits++;
      return outbox.drained();
    },
    stopped: () => outbox.closed,
  });
  // A wait sends the first value, which congests the connection. The last one waits for the connection; there is another one
  // if the turn ends meanwhile.
  const isWaiting = (): boolean => waits >= 2 && writer.writes.length === 1;
  await until(() => isWaiting() || outbox.closed, 'two waits', { state: () => waits });
  expect(overflows()).toBe(0);
  expect(writer.texts).toEqual([[texts[0]]]);
  congest(false);
  await until(() => writer.writes.length === 2, 'the second write');
  writer.congestedAfterWrite = false;
  congest(false);
  expect(await sending).toBe(3);
  await until(() => writer.writes.length === 3, 'the third write');
  expect(writer.texts.flat()).toEqual(texts);
});
