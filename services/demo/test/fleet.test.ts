import { describe, expect, it } from 'vitest';
import { Fleet } from '../src/fleet.js';
import { bearing, distanceKm, type LonLat } from '../src/great-circle.js';
import type { Vehicle, VehicleFeature } from '../src/vehicle.js';

const RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** How far a point is from the great circle through two others: the cross-track distance, in kilometres. */
function crossTrackKm(point: LonLat, from: LonLat, to: LonLat): number {
  const along = distanceKm(from, point) / RADIUS_KM;
  const turn = (bearing(from, point) - bearing(from, to)) * RADIANS;
  return Math.abs(Math.asin(Math.sin(along) * Math.sin(turn))) * RADIUS_KM;
}

/** How far a point is from the nearest leg of a vehicle's trip, in kilometres. */
function offCourseKm(point: LonLat, { trip: { stops } }: Vehicle): number {
  const legs = stops
    .slice(1)
    .map((stop, index) => [stops[index]?.position ?? stop.position, stop.position] as const);
  const onLeg = legs.filter(
    ([from, to]) => distanceKm(from, point) + distanceKm(point, to) < distanceKm(from, to) * 1.001 + 0.01,
  );
  return Math.min(...onLeg.map(([from, to]) => crossTrackKm(point, from, to)));
}

function position({ geometry }: VehicleFeature): LonLat {
  const [lon = Number.NaN, lat = Number.NaN] = geometry.coordinates;
  return [lon, lat];
}

/** Lets every vehicle of a fleet move on by a time in hours. */
function moveAll(fleet: Fleet, hours: number): void {
  fleet.tick(hours);
  for (const _vehicle of fleet.vehicles) fleet.next();
}

describe.each([1, 7, 4711])('a fleet of seed %i', (seed) => {
  const fleet = new Fleet(120, seed);

  it('stays on course, with finite features', () => {
    for (let round = 0; round < 60; round += 1) {
      for (const vehicle of fleet.vehicles) {
        const feature = vehicle.feature();
        expect(feature.geometry.coordinates.every(Number.isFinite)).toBe(true);
        expect(offCourseKm(position(feature), vehicle)).toBeLessThan(0.02);
      }
      moveAll(fleet, 0.1);
    }
  });

  it('moves at the speed and in the direction that it reports', () => {
    const before = new Map(fleet.vehicles.map((vehicle) => [vehicle, vehicle.feature()]));
    const hours = 0.02;
    moveAll(fleet, hours);
    const compared = fleet.vehicles.filter((vehicle) => {
      const then = before.get(vehicle);
      if (!then) return false;
      const way = distanceKm(position(then), position(vehicle.feature()));
      expect(way).toBeLessThanOrEqual(vehicle.trip.cruisingSpeed * hours + 0.01);
      const nearStop = vehicle.course.distanceToStop(vehicle.alongKm) < 60;
      if (nearStop) return false;
      expect(way).toBeGreaterThan(then.properties.speed * hours * 0.8);
      const turn = Math.abs(bearing(position(then), position(vehicle.feature())) - then.properties.heading);
      expect(Math.min(turn, 360 - turn)).toBeLessThan(1.5);
      return true;
    });
    expect(compared.length).toBeGreaterThan(20);
  });

  it('reports plausible facts about each vehicle', () => {
    for (const { feature, trip } of fleet.vehicles.map((vehicle) => ({
      feature: vehicle.feature(),
      trip: vehicle.trip,
    }))) {
      const { type, name, next, speed, heading } = feature.properties;
      const altitude = feature.geometry.coordinates[2];
      expect(feature.id).toMatch(type === 'train' ? /^train-\d+$/ : /^plane-\d+$/);
      expect(name).toContain(' – ');
      expect(trip.stops.map((stop) => stop.city)).toContain(next);
      expect(speed).toBeGreaterThan(20);
      expect(speed).toBeLessThanOrEqual(type === 'train' ? 300 : 920);
      expect(heading).toBeGreaterThanOrEqual(0);
      expect(heading).toBeLessThan(360);
      if (type === 'train') expect(altitude).toBeUndefined();
      else expect(altitude).toBeLessThanOrEqual(11_000);
    }
  });
});

describe('a fleet', () => {
  it('keeps its size and its mix, and never repeats an id', () => {
    const fleet = new Fleet(60, 3);
    const kinds = (): string => fleet.vehicles.map((vehicle) => vehicle.trip.kind).join();
    const mix = kinds();
    const seen = new Set(fleet.vehicles.map(({ id }) => id));
    expect(seen.size).toBe(60);
    let arrivals = 0;
    for (let turn = 0; turn < 60 * 400; turn += 1) {
      fleet.tick(0.001);
      const { vehicle, arrived } = fleet.next();
      if (!arrived) continue;
      arrivals += 1;
      expect(arrived.arrived).toBe(true);
      expect(vehicle.trip.kind).toBe(arrived.trip.kind);
      expect(vehicle.alongKm).toBe(0);
      expect(seen).not.toContain(vehicle.id);
      seen.add(vehicle.id);
    }
    expect(arrivals).toBeGreaterThan(60);
    expect(kinds()).toBe(mix);
  });

  it('is the same for the same seed', () => {
    const features = (seed: number): string =>
      JSON.stringify(new Fleet(30, seed).vehicles.map((vehicle) => vehicle.feature()));
    expect(features(5)).toBe(features(5));
    expect(features(5)).not.toBe(features(6));
  });
});
