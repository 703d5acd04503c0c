import { type Crs, DATA_CRS, GeoMessage, resolveCrs } from '@viaduct/geo-worker';
import { fc } from '@viaduct/testkit/properties';
import { expect, test } from 'vitest';
import { passes, renderFor } from '../../src/delivery/audience.js';
import type { Hub } from '../../src/delivery/hub.js';
import { BigHarness } from '../support/big-harness.js';
import { boxIn, content, position } from '../support/geo-arbitraries.js';
import { FakeMember, HubHarness, type Reports } from '../support/hub-harness.js';

const CRSS = [DATA_CRS, await resolveCrs('epsg:3857'), await resolveCrs('epsg:2056')];
const CHANNELS = ['a', 'b'];
const MEMBERS = 4;

type Step =
  | { do: 'subscribe' | 'unsubscribe'; channel: string }
  | { do: 'box'; corners: [number, number][]; trim: boolean }
  | { do: 'clear' | 'hold' }
  | { do: 'project'; crs: Crs; axisOrder: 'xy' | 'crs'; precision: number | null }
  | { do: 'filter'; name: string; line: number | null }
  | { do: 'deliver'; channel: string; content: unknown };

const channel = fc.constantFrom(...CHANNELS);

const subscription: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('subscribe' as const, 'subscribe' as const, 'unsubscribe' as const),
  channel,
});
const box: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('box' as const),
  corners: fc.array(position, { minLength: 2, maxLength: 2 }),
  trim: fc.boolean(),
});
const boxEnd: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('clear' as const, 'hold' as const),
});
const projection: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('project' as const),
  crs: fc.constantFrom(...CRSS),
  axisOrder: fc.constantFrom('xy' as const, 'crs' as const),
  precision: fc.constantFrom(null, 0.1, 1),
});
const filter: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('filter' as const),
  name: fc.constantFrom('f', 'g'),
  line: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 3 })),
});
const delivery: fc.Arbitrary<Step> = fc.record({ do: fc.constant('deliver' as const), channel, content });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: subscription },
  { weight: 4, arbitrary: box },
  { weight: 1, arbitrary: boxEnd },
  { weight: 2, arbitrary: projection },
  { weight: 1, arbitrary: filter },
  { weight: 6, arbitrary: delivery },
);

/** Applies the step to the member's own state and to the hub. */
async function take(each: Step, member: FakeMember, hub: Hub): Promise<void> {
  const { view } = member;
  switch (each.do) {
    case 'subscribe':
      return hub.subscribe(each.channel, member);
    case 'unsubscribe':
      return hub.unsubscribe(each.channel, member);
    case 'box':
      view.setBox({ minX: 0, minY: 0, maxX: 0, maxY: 0 });
      view.setBox(boxIn(view.boxCrs, each.corners), { trim: each.trim, hints: [], namedHints: {} });
      break;
    case 'clear':
      view.clearBox();
      break;
    case 'hold':
      view.hold();
      break;
    case 'project':
      view.setProjection(each);
      break;
    case 'filter': {
      const { line } = each;
      view.setFilter(each.name, line === null ? null : (value) => lineOf(value) === line);
      break;
    }
  }
  for (const name of CHANNELS) hub.moved(name, member);
}

function lineOf(value: unknown): unknown {
  return (value as { properties?: { line?: unknown } } | null)?.properties?.line;
}

/** The content that a member should receive, by the rule for one session. */
function expected(text: string, { view }: FakeMember): string | null {
  const message = GeoMessage.parse(text);
  return passes(message, view) ? renderFor(message, view) : null;
}

/** Hubs by the thread that does the work; `done` resolves when everything is sent. */
interface Worked {
  hub: Hub;
  reports: Reports;
  done(): Promise<void>;
}
const WORKERS: Record<string, { numRuns: number; begin(): () => Worked }> = {
  'on the main thread': {
    numRuns: 400,
    begin: () => () => {
      const { hub, reports } = new HubHarness();
      return { hub, reports, done: async () => {} };
    },
  },
  'in workers': {
    numRuns: 60,
    begin: () => {
      const harness = new BigHarness();
      return () => ({ ...harness.another(), done: () => harness.done() });
    },
  },
};

test.each(Object.keys(WORKERS))(
  '%s, a message goes to exactly the sessions whose view it passes, to each in its own form',
  async (name) => {
    const { numRuns = 1, begin } = WORKERS[name] ?? {};
    const create = begin?.();
    if (create === undefined) throw new RangeError(name);
    const steps = fc.array(fc.tuple(step, fc.integer({ min: 0, max: MEMBERS - 1 })), {
      minLength: 30,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { hub, reports, done } = create();
        const members = Array.from({ length: MEMBERS }, () => new FakeMember());
        const subscribed = new Map(CHANNELS.map((channel) => [channel, new Set(members)]));
        for (const member of members) for (const each of CHANNELS) await hub.subscribe(each, member);
        for (const [each, i] of taken) {
          const member = members[i] ?? new FakeMember();
          if (each.do !== 'deliver') {
            await take(each, member, hub);
            if (each.do === 'subscribe') subscribed.get(each.channel)?.add(member);
            if (each.do === 'unsubscribe') subscribed.get(each.channel)?.delete(member);
            continue;
          }
          const text = JSON.stringify(each.content);
          const receivers = subscribed.get(each.channel) ?? new Set();
          const wanted = members.map((one) => (receivers.has(one) ? expected(text, one) : null));
          hub.deliver(each.channel, text);
          await done();
          expect(members.map(sentContent)).toEqual(wanted);
          for (const { messages } of members) messages.length = 0;
        }
        expect(reports.failures).toEqual([]);
        hub.close();
      }),
      { numRuns },
    );
  },
);

/** The content that was sent, byte for byte; null if nothing was sent, an error text if more than one message was. */
function sentContent({ messages }: FakeMember): string | null {
  if (messages.length > 1) return `${messages.length} messages`;
  const json = messages[0]?.json;
  if (json === undefined) return null;
  return json
    .replace(/^\{"source":"\w","content":/u, '')
    .replace(/,"timestamp":\d+,"client_reference":null\}$/u, '');
}
