import { describe, expect, it } from 'vitest';
import { ByBox, ByChannel, type Expectation } from '../src/load/expectation.js';
import { CountingJudge, SnapshotJudge } from '../src/load/judge.js';
import { PanJudge } from '../src/load/pan-judge.js';
import { type Box, boxOf, contains, pointX, pointY } from '../src/load/world.js';

const PUBLISHED = 300;

interface Delivery {
  c: number;
  k: number;
}

/** All that a faultless server sends, in the order in which it sends it. */
function faultless(expectation: Expectation, connections: number, first: number): Delivery[] {
  const deliveries: Delivery[] = [];
  for (let k = first; k < first + PUBLISHED; k++) {
    for (let c = 0; c < connections; c++) if (expectation.wants(c, k)) deliveries.push({ c, k });
  }
  return deliveries;
}

const cases = [
  { name: 'everybody', connections: 5, first: 17, make: () => new ByChannel(17, 5, 1) },
  { name: 'channels', connections: 12, first: 1003, make: () => new ByChannel(1003, 12, 5) },
  { name: 'more channels than clients', connections: 3, first: 8, make: () => new ByChannel(8, 3, 7) },
  { name: 'boxes', connections: 30, first: 555, make: () => new ByBox(555, 30, 0.1) },
];

describe.each(cases)('counting, $name', ({ connections, first, make }) => {
  function judged(change: (deliveries: Delivery[]) => Delivery[]) {
    const judge = new CountingJudge(first, connections, make());
    for (const { c, k } of change(faultless(make(), connections, first))) judge.received(c, k);
    return {
      verdict: judge.verdict(PUBLISHED),
      acked: judge.acked(),
      outstanding: judge.outstanding(PUBLISHED),
    };
  }

  it('counts the expected deliveries', () => {
    const expectation = make();
    const deliveries = faultless(expectation, connections, first);
    expect(expectation.total(PUBLISHED)).toBe(deliveries.length);
    const counts = Array.from(expectation.counts(PUBLISHED));
    expect(counts).toEqual(
      Array.from({ length: connections }, (_, i) => deliveries.filter(({ c }) => c === i).length),
    );
  });

  it('finds nothing if nothing is wrong', () => {
    const { verdict, acked, outstanding } = judged((deliveries) => deliveries);
    expect(verdict).toMatchObject({ missing: 0, extra: 0, reordered: 0, delivered: verdict.expected });
    expect(acked).toBeGreaterThanOrEqual(PUBLISHED);
    expect(outstanding).toBe(0);
  });

  it('finds what is missing', () => {
    const { verdict, acked, outstanding } = judged((deliveries) => deliveries.filter((_, i) => i !== 7));
    expect(verdict).toMatchObject({ missing: 1, extra: 0, reordered: 0 });
    expect(acked).toBeLessThan(PUBLISHED);
    expect(outstanding).toBe(1);
  });

  it('finds what arrives twice or late', () => {
    const twice = judged((deliveries) =>
      deliveries.flatMap((delivery, i) => (i === 9 ? [delivery, delivery] : [delivery])),
    );
    expect(twice.verdict).toMatchObject({ missing: 0, extra: 0, reordered: 1 });
    const late = judged((deliveries) => {
      const [delivery, ...rest] = deliveries;
      return delivery === undefined ? [] : [...rest, delivery];
    });
    expect(late.verdict).toMatchObject({ missing: 1, extra: 0, reordered: 1 });
  });

  it('finds what nobody requested or published', () => {
    const strangers = [
      { c: 0, k: first - 1 },
      { c: connections, k: first },
    ];
    expect(judged((deliveries) => [...deliveries, ...strangers]).verdict).toMatchObject({
      missing: 0,
      extra: 2,
    });
    const late = Array.from({ length: 50 }, (_, i) => ({ c: 0, k: first + PUBLISHED + i }));
    const wanted = late.filter(({ c, k }) => make().wants(c, k)).length;
    const { verdict } = judged((deliveries) => [...deliveries, ...late]);
    expect(verdict).toMatchObject({ missing: 0, extra: late.length, delivered: verdict.expected });
    expect(wanted).toBeGreaterThan(0);
  });
});

describe('boxes', () => {
  it('find a message outside the box', () => {
    const expectation = new ByBox(0, 4, 0.1);
    const judge = new CountingJudge(0, 4, expectation);
    const outside = Array.from({ length: 100 }, (_, k) => k).find((k) => !expectation.wants(2, k)) ?? -1;
    judge.received(2, outside);
    expect(judge.verdict(0)).toMatchObject({ extra: 1, delivered: 0 });
  });
});

describe('snapshots', () => {
  it('take each value once, in any order', () => {
    const judge = new SnapshotJudge(100, 2, 3);
    for (const k of [102, 100, 101]) judge.received(0, k);
    for (const k of [101, 102, 102, 103, 99]) judge.received(1, k);
    judge.received(2, 100);
    expect(judge.outstanding()).toBe(1);
    expect(judge.verdict()).toEqual({ expected: 6, delivered: 5, missing: 1, extra: 4, reordered: 0 });
  });
});

describe('panning', () => {
  const SHARE = 0.2;
  const boxes = [0, 1, 2].map((step) => boxOf(0, SHARE, step));

  /** What a server does that applies the new boxes before messages 100 and 200; the client learns of it 20 later. */
  function run(change: (k: number, wanted: boolean) => boolean) {
    const judge = new PanJudge(0, 1, SHARE);
    for (let k = 0; k < PUBLISHED; k++) {
      for (const [step, at] of [
        [1, 80],
        [2, 180],
      ] as const) {
        if (k === at) judge.sent(0, boxes[step] as Box);
        if (k === at + 40) judge.confirmed(0);
      }
      const box = boxes[k < 100 ? 0 : k < 200 ? 1 : 2] as Box;
      if (change(k, contains(box, pointX(k), pointY(k)))) judge.received(0, k);
    }
    return judge.verdict(PUBLISHED);
  }

  const inBox = (step: number, k: number): boolean => contains(boxes[step] as Box, pointX(k), pointY(k));
  const numbers = Array.from({ length: PUBLISHED }, (_, k) => k);

  it('finds nothing if each change takes effect at some moment between its request and its confirmation', () => {
    const verdict = run((_, wanted) => wanted);
    expect(verdict).toMatchObject({ missing: 0, extra: 0, reordered: 0 });
    expect(verdict.delivered).toBeGreaterThan(20);
  });

  it('finds a message that is in the old box only, after the new one was confirmed', () => {
    const stale = numbers.find((k) => k > 130 && k < 180 && inBox(0, k) && !inBox(1, k));
    expect(stale).toBeDefined();
    expect(run((k, wanted) => wanted || k === stale)).toMatchObject({ extra: 1 });
  });

  it('finds a message that is in the new box only, before it was sent', () => {
    const early = numbers.find((k) => k < 80 && inBox(1, k) && !inBox(0, k));
    expect(early).toBeDefined();
    expect(run((k, wanted) => wanted || k === early)).toMatchObject({ extra: 1 });
  });

  it('finds a message that is missing from both boxes of a change', () => {
    const lost = numbers.find((k) => k > 90 && k < 110 && inBox(0, k) && inBox(1, k));
    expect(lost).toBeDefined();
    expect(run((k, wanted) => wanted && k !== lost)).toMatchObject({ missing: 1 });
  });

  it('finds a change that is reverted', () => {
    const settled = numbers.find((k) => k > 100 && k < 115 && inBox(1, k) && !inBox(0, k)) ?? -1;
    const back = numbers.find((k) => k > settled && k < 120 && inBox(0, k) && !inBox(1, k));
    expect(settled).toBeGreaterThan(0);
    expect(back).toBeDefined();
    expect(run((k, wanted) => wanted || k === back)).toMatchObject({ extra: 1 });
  });
});
