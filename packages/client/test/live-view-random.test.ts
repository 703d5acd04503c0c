import { Random, seeds } from '@viaduct/testkit/random';
import { beforeAll, expect, test } from 'vitest';
import { type Box, LiveCollection, type Viaduct } from '../src/index.js';
import { cut } from '../src/testing.js';
import { clientOfOldGateway } from './support/old-gateway.js';
import { client, type Stack, startStack, train } from './support/stack.js';

const CHANNEL = 'random';
const IDS = 40;
const ROUNDS = 12;
const STEPS = 12;

/** Radius of the sphere of EPSG:3857 (OGC 17-083r4, annex D). */
const RADIUS = 6_378_137;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});

/** A box in degrees. Its sides lie between the places of features, so that no rounding decides. */
interface Sides {
  west: number;
  east: number;
}

function inDegrees({ west, east }: Sides): Box {
  return [west, 40, east, 50];
}

function inMetres({ west, east }: Sides): Box {
  const x = (degrees: number): number => (degrees * Math.PI * RADIUS) / 180;
  const y = (degrees: number): number => RADIUS * Math.asinh(Math.tan((degrees * Math.PI) / 180));
  return [x(west), y(40), x(east), y(50)];
}

test.each(seeds(3))(
  'whatever happens in which order, collections end as Redis and the view say, with seed %i',
  async (seed) => {
    const random = new Random(seed);
    const channel = `${CHANNEL}:${seed}`;
    const gateway = await stack.gateway();
    const viaducts = [client(gateway.url), await clientOfOldGateway(gateway.url)];
    const collections = viaducts.flatMap((viaduct) => [
      new LiveCollection(viaduct, channel),
      new LiveCollection(viaduct, channel, { id: ({ id }) => `train ${id}` }),
    ]);
    /** Where the trains are, in whole degrees of longitude. */
    const places = new Map<number, number>();
    const sides = new Map<Viaduct, Sides>();
    const changeView = (viaduct: Viaduct): Promise<void> => {
      const west = random.below(20) + 0.5;
      const view = { west, east: west + 1 + random.below(15) };
      const isMetric = viaduct.view.projection === 'epsg:3857';
      const isTurned = random.chance(0.3);
      sides.set(viaduct, view);
      const box = isMetric === isTurned ? inDegrees(view) : inMetres(view);
      if (!isTurned) return viaduct.setBox(box);
      return viaduct.setProjection(isMetric ? 'epsg:4326' : 'epsg:3857', { box });
    };
    /** Sets a view for certain: one that follows a projection which is refused is refused with it. */
    const settle = async (viaduct: Viaduct): Promise<void> => {
      const isSet = await changeView(viaduct).then(
        () => true,
        () => false,
      );
      if (!isSet) await settle(viaduct);
    };
    const change = async (): Promise<void> => {
      const id = random.below(IDS);
      if (random.chance(0.2) && places.has(id)) {
        places.delete(id);
        await stack.remove(channel, id);
      } else {
        const place = random.below(40);
        places.set(id, place);
        await stack.set(channel, train(id, place, 47));
      }
    };
    const expected = (viaduct: Viaduct): number[] => {
      const { west, east } = sides.get(viaduct) ?? { west: 0, east: 0 };
      const inView = [...places].filter(([, place]) => place > west && place < east);
      return inView.map(([id]) => id).sort((a, b) => a - b);
    };
    await Promise.all(viaducts.map(changeView));
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = 0; step < STEPS; step++) {
        const viaduct = random.of(viaducts);
        const dice = random.next();
        if (dice < 0.6) await change();
        else if (dice < 0.85) void changeView(viaduct).catch(() => {});
        else if (dice < 0.92) void viaduct.setProjection('epsg:99999').catch(() => {});
        else cut(viaduct);
      }
      await Promise.all(viaducts.map(settle));
      for (const collection of collections) {
        await expect
          .poll(() => [...collection.values()].map(({ id }) => Number(id)).sort((a, b) => a - b))
          .toEqual(expected(collection.viaduct));
      }
    }
  },
);
