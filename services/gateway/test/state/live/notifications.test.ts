import { expect, test } from 'vitest';
import { NO_STREAMS } from '../../../src/sources/streams.js';
import { Notifications } from '../../../src/state/live/notifications.js';

/** A source that runs the calls for a channel one after the other, as `Source` promises. */
function slowSource() {
  const subscribed = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = (run: () => unknown): Promise<void> => {
    const turn = last.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => void run());
    last = turn;
    return turn;
  };
  const source = {
    streams: NO_STREAMS,
    subscribe: (channel: string) => inOrder(() => subscribed.add(channel)),
    unsubscribe: (channel: string) => inOrder(() => subscribed.delete(channel)),
  };
  return { source, subscribed, idle: () => last };
}

test.each([
  ['one that is still being subscribed', true],
  ['one that closes before it is', false],
])('changes are reported to the live channel that follows %s', async (_what, isBegun) => {
  const { source, subscribed, idle } = slowSource();
  const follow = () => new Notifications('changes', { source, notifyMs: 0 }, async () => {});
  const earlier = follow();
  const opened = isBegun ? earlier.open() : undefined;
  earlier.close();
  const opening = follow().open();
  if (!isBegun) await earlier.open();
  await Promise.all([opened, opening]);
  await new Promise((resolve) => setImmediate(resolve));
  await idle();
  expect([...subscribed]).toEqual(['changes']);
});
