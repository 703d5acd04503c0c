import { memoryOf } from '@viaduct/testkit/proc';
import type { Lab } from '../lab.js';
import { sleep } from '../load/clock.js';
import { Room } from '../room.js';
import { SOCKET_IO, type Subject, VIADUCT, VIADUCT_IO, WS } from '../subjects.js';
import type { Outcome, Scenario } from './scenario.js';

/** Pause before the memory of servers is measured, in ms. */
const REST_MS = 1000;

async function restingBytes(room: Room): Promise<number | null> {
  await sleep(REST_MS);
  return memoryOf(room.server.pid)?.nowBytes ?? null;
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

async function perConnection(lab: Lab, subject: Subject): Promise<Outcome> {
  return Room.use(lab, subject, {}, async (room) => {
    const before = await restingBytes(room);
    await room.connect({ count: lab.sizes.idle, commands: ['SUB {channel}'] });
    return outcome('connection', lab.sizes.idle, before, await restingBytes(room));
  });
}

/** Further subscriptions of clients that have one already. */
async function perSubscription(lab: Lab, subject: Subject): Promise<Outcome> {
  const { idleSubscribers, idleChannels } = lab.sizes;
  return Room.use(lab, subject, {}, async (room) => {
    await room.connect({ count: idleSubscribers, commands: ['SUB {channel}'] });
    const before = await restingBytes(room);
    const channels = Array.from({ length: idleChannels }, (_, i) => `SUB bench_more_${i}`);
    await room.receiver().call('tell', channels);
    return outcome('further subscription', idleSubscribers * idleChannels, before, await restingBytes(room));
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
  async run(lab, subject) {
    const outcomes = [await perConnection(lab, subject)];
    if (subject === VIADUCT) outcomes.push(await perSubscription(lab, subject));
    return outcomes;
  },
};

export const MEMORY_SCENARIOS: readonly Scenario[] = [M];
