import { describe, expect, it } from 'vitest';
import { geographic, webMercator as mercator } from '../page/js/projections.js';
import { Traffic } from '../page/js/traffic.js';
import { View } from '../page/js/view.js';

const ALPS = { west: 5, south: 44, east: 15, north: 49 };

function viewOfAlps(): View {
  const view = new View();
  view.resize(800, 600);
  view.show(ALPS);
  return view;
}

describe('the projections of the page', () => {
  it('agree with the definitions of EPSG:3857 and EPSG:4326', () => {
    const [x, y] = mercator.forward(180, 45);
    expect(x).toBeCloseTo(Math.PI * 6_378_137, 6);
    expect(y).toBeCloseTo(6_378_137 * Math.asinh(1), 6);
    expect(mercator.forward(0, 90)[1]).toBeCloseTo(mercator.extent.maxY, -1);
    expect(geographic.forward(7, 46)).toEqual([7, 46]);
  });

  it('turn a heading north to up, and a heading east to the right', () => {
    for (const projection of [mercator, geographic]) {
      expect(projection.direction(0, 46)).toBeCloseTo(0, 9);
      expect(projection.direction(90, 46)).toBeCloseTo(Math.PI / 2, 9);
    }
    // A degree of longitude at 60° is half as long as one of latitude, and drawn as long.
    expect(Math.tan(geographic.direction(45, 60))).toBeCloseTo(2, 9);
  });
});

describe('the view', () => {
  it('shows all of what it is asked to show', () => {
    const { minX, minY, maxX, maxY } = viewOfAlps().box();
    const [west, south] = mercator.forward(ALPS.west, ALPS.south);
    const [east, north] = mercator.forward(ALPS.east, ALPS.north);
    expect(minX).toBeLessThanOrEqual(west + 0.001);
    expect(minY).toBeLessThanOrEqual(south + 0.001);
    expect(maxX).toBeGreaterThanOrEqual(east - 0.001);
    expect(maxY).toBeGreaterThanOrEqual(north - 0.001);
  });

  it('keeps what is under the pointer while it zooms', () => {
    const view = viewOfAlps();
    const before = view.toWorld(600, 100);
    view.zoom(3, 600, 100);
    const after = view.toWorld(600, 100);
    expect(after[0]).toBeCloseTo(before[0], 3);
    expect(after[1]).toBeCloseTo(before[1], 3);
  });

  it('moves with the hand, and back again', () => {
    const view = viewOfAlps();
    const [x, y] = view.toWorld(100, 100);
    view.pan(30, -20);
    const [px, py] = view.toScreen(x, y);
    expect([px, py]).toEqual([expect.closeTo(130, 6), expect.closeTo(80, 6)]);
    view.pan(-30, 20);
    expect(view.toWorld(100, 100)[0]).toBeCloseTo(x, 6);
  });

  it('stays inside of the world however far it is moved or zoomed', () => {
    const view = viewOfAlps();
    for (const move of [
      () => view.pan(1e6, 1e6),
      () => view.pan(-1e7, 3e7),
      () => view.zoom(1e-9),
      () => view.zoom(1e12),
    ]) {
      move();
      const { minX, minY, maxX, maxY } = view.box();
      const { extent } = view.projection;
      expect(minX).toBeGreaterThanOrEqual(extent.minX - 1);
      expect(minY).toBeGreaterThanOrEqual(extent.minY - 1);
      expect(maxX).toBeLessThanOrEqual(extent.maxX + 1);
      expect(maxY).toBeLessThanOrEqual(extent.maxY + 1);
      expect(maxX).toBeGreaterThan(minX);
    }
  });

  it('keeps its place in another projection, there and back', () => {
    const view = viewOfAlps();
    const before = { ...view.box() };
    view.reproject(geographic);
    expect(view.x).toBeCloseTo(10, 6);
    expect(view.y).toBeGreaterThan(46);
    expect(view.y).toBeLessThan(47);
    view.reproject(mercator);
    expect(view.box().minX).toBeCloseTo(before.minX, 0);
    expect(view.box().maxY).toBeCloseTo(before.maxY, 0);
  });
});

describe('the traffic', () => {
  const box = { minX: 0, minY: 0, maxX: 10, maxY: 10 };

  function feature(id: string, x: number, y: number) {
    const properties = { type: 'train' as const, name: 'A – B', next: 'B', speed: 100, heading: 90 };
    return { id, geometry: { coordinates: [x, y] }, properties };
  }

  function positions(traffic: Traffic, now: number): [number, number, number][] {
    const found: [number, number, number][] = [];
    traffic.forEach(now, true, (_vehicle, [x, y], strength) => found.push([x, y, strength]));
    return found;
  }

  it('moves from one update to the next in the time between them, and a little further', () => {
    const traffic = new Traffic();
    traffic.update(feature('a', 0, 5), 0);
    traffic.update(feature('a', 2, 5), 1000);
    expect(positions(traffic, 1000)).toEqual([[0, 5, 1]]);
    expect(positions(traffic, 1500)).toEqual([[1, 5, 1]]);
    expect(positions(traffic, 2500)).toEqual([[3, 5, 1]]);
    expect(positions(traffic, 60_000)[0]?.[0]).toBeLessThan(4);
  });

  it('lets fade what has left the box or fallen silent, and forgets it', () => {
    const traffic = new Traffic();
    traffic.update(feature('in', 5, 5), 0);
    traffic.update(feature('out', 11, 5), 0);
    traffic.tidy(box, 5000, 100);
    expect(traffic.present).toBe(1);
    expect(positions(traffic, 1100).map(([, , strength]) => strength)).toEqual([1, 0.5]);
    traffic.tidy(box, 5000, 2200);
    expect(positions(traffic, 2200)).toHaveLength(1);
    traffic.tidy(box, 5000, 5100);
    expect(traffic.present).toBe(0);
    traffic.update(feature('in', 5, 5), 5200);
    expect(traffic.present).toBe(1);
    traffic.remove('in');
    expect(positions(traffic, 5200)).toEqual([]);
  });
});
