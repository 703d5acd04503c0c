import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { LiveHarness } from '../../support/live-harness.js';
import { readerFrom } from '../../support/read-harness.js';

/** Opens a channel for several sessions at once, and returns weak references to them. */
async function openTogether(harness: LiveHarness): Promise<WeakRef<object>[]> {
  const readers = ['here', 'there'].map(readerFrom);
  await Promise.all(readers.map((reader) => harness.live.open('trains', reader)));
  return readers.map((reader) => new WeakRef(reader));
}

test('sessions that have waited for a channel are not kept in memory for as long as the channel', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const harness = new LiveHarness();
  const waited = await openTogether(harness);
  await until(() => {
    collectGarbage();
    return waited.every((reader) => reader.deref() === undefined);
  }, 'the sessions to be forgotten');
  expect(harness.live.present('trains')?.closed).toBe(false);
});
