import { fileURLToPath } from 'node:url';
import { RunningProgram } from '@viaduct/testkit/running-program';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Vehicle } from '../lib/feature-writer.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

/** Starts a program of examples/feeds. */
export function runFeed(name: string, args: readonly string[], env = {}): RunningProgram {
  return new RunningProgram(process.execPath, [name, ...args], { cwd: FOLDER, env });
}

/** A Redis with what feeds write into a channel, and what a map of that channel shows. */
export async function watchedRedis(channel: string) {
  const { server, redis } = await startWorld();
  const listener = new Redis(server.url);
  atEnd(() => listener.disconnect());
  /** What the messages alone say. */
  const shown = new Map<string, string>();
  listener.on('message', (_, text) => {
    const { id, geometry } = JSON.parse(text) as { id: string; geometry: unknown };
    if (geometry === null) shown.delete(id);
    else shown.set(id, text);
  });
  await listener.subscribe(channel);
  return {
    redis,
    shown,
    run: (name: string, ...args: string[]) => runFeed(name, ['--redis', server.url, ...args]),
    /** The vehicles in the hash by their ids, once the messages say the same. */
    async vehicles(): Promise<Map<string, Vehicle>> {
      const same = async () =>
        JSON.stringify(sorted(await redis.hgetall(channel))) ===
        JSON.stringify(sorted(Object.fromEntries(shown)));
      await until(same, 'the messages and the hash to agree');
      return new Map([...shown].map(([id, text]) => [id, JSON.parse(text) as Vehicle]));
    },
  };
}

function sorted(hash: Record<string, string>): [string, string][] {
  return Object.entries(hash).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Expects the vehicles to be at places, within the precision of the formats: half a metre, and half a degree of heading. */
export function expectAt(
  vehicles: ReadonlyMap<string, Vehicle>,
  places: ReadonlyMap<string, { lon: number; lat: number; heading: number }>,
): void {
  expect([...vehicles.keys()].sort()).toEqual([...places.keys()].sort());
  for (const [id, { lon, lat, heading }] of places) {
    const { geometry, properties } = vehicles.get(id) as Vehicle;
    expect(geometry.coordinates[0]).toBeCloseTo(lon, 5);
    expect(geometry.coordinates[1]).toBeCloseTo(lat, 5);
    const turn = Math.abs(Number(properties.heading) - heading) % 360;
    expect(Math.min(turn, 360 - turn)).toBeLessThanOrEqual(0.5);
  }
}
