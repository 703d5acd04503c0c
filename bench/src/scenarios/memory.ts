import { memoryOf } from '@viaduct/testkit/proc';
import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import { SOCKET_IO, type Subject, VIADUCT, VIADUCT_IO, WS } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import type { Outcome, Scenario } from './scenario.js';

/** Pause before the memory of servers is measured, in ms. */
const REST_MS = 1000;

async function restingBytes(bed: TestBed): Promise<number | null> {
  await sleep(REST_MS);
  return memoryOf(bed.server.pid)?.nowBytes ?? null;
}

/** Growth of a server's memory, divided by `count`. */
function eachKb(before: number | null, after: number | null, count: number): number | null {
  return before === null || after === null ? null : (after - before) / count / 1e3;
}

function outcome(name: string, count: number, before: number | null, after: number | null): Outcome {
  const values = {
    count,
    each: eachKb(before, after, count),
    before: before === null ? null : before / 1e6,
    after: after === null ? null : after / 1e6,
  };
  return { case: name, values, problems: [], others: null };
}

async function perConnection(context: BenchContext, subject: Subject): Promise<Outcome> {
  return TestBed.use(context, subject, {}, async (bed) => {
    const before = await restingBytes(bed);
    await bed.connect({ count: context.sizes.idle, commands: ['SUB {channel}'] });
    return outcome('connection', context.sizes.idle, before, await restingBytes(bed));
  });
}

/** Further subscriptions of clients that have one already. */
async function perSubscription(context: BenchContext, subject: Subject): Promise<Outcome> {
  const { idleSubscribers, idleChannels } = context.sizes;
  return TestBed.use(context, subject, {}, async (bed) => {
    await bed.connect({ count: idleSubscribers, commands: ['SUB {channel}'] });
    const before = await restingBytes(bed);
    const channels = Array.from({ length: idleChannels }, (_, i) => `SUB bench_more_${i}`);
    await bed.receiver().call('runCommands', channels);
    return outcome('further subscription', idleSubscribers * idleChannels, before, await restingBytes(bed));
  });
}

const M: Scenario = {
  id: 'M',
  title: () => 'Memory: idle connections with one subscription, and further subscriptions',
  about:
    'How much the resident memory of a new server grows, divided by the number of connections or subscriptions.',
  subjects: [VIADUCT, WS, VIADUCT_IO, SOCKET_IO],
  columns: [
    { key: 'count', label: 'number', digits: 0 },
    { key: 'each', label: 'kB each', digits: 2 },
    { key: 'before', label: 'RSS before, MB', digits: 1 },
    { key: 'after', label: 'RSS after, MB', digits: 1 },
  ],
  async run(context, subject) {
    const outcomes = [await perConnection(context, subject)];
    if (subject === VIADUCT) outcomes.push(await perSubscription(context, subject));
    return outcomes;
  },
};

export const MEMORY_SCENARIOS: readonly Scenario[] = [M];
