import type { GeoJsonProperties, Geometry } from 'geojson';
import type { CollectionChange } from './collection-change.js';
import { Emitter, type Stop } from './emitter.js';
import type { FeatureId, LiveFeature } from './features.js';
import { perFrame } from './frame.js';
import type { LiveCollection } from './live-collection.js';
import type { LiveFeatures } from './live-features.js';
import { distance, isSame, Track } from './track.js';

export type { LiveFeatures } from './live-features.js';

/** How points move. */
export interface SmoothOptions {
  /**
   * How long a point takes to reach its new place, in milliseconds. Default: a little longer than the time between its last
   * two updates, so that it is still moving when the next one is due; at most 6 seconds.
   */
  ms?: number;
  /** The property with the direction of a point, in degrees, which turns the shorter way. Default: `heading`. */
  heading?: string;
}

/** Longest time that a point moves if `ms` is not given, in milliseconds. */
const LONGEST_MS = 6000;

/** How many times as long as the time between its updates a point moves, so that it does not stop before a late one. */
const MARGIN = 1.15;

/** A movement that is longer than this share of the view's diagonal is shown as a jump. */
const LONGEST_MOVE = 0.25;

/** How much of a frame the movements may use, in milliseconds. What is not moved in one frame is moved in the next. */
const BUDGET_MS = 6;

/** The most points that a frame moves. It bounds the work of a frame even if the clock is coarse. */
const MAX_MOVED = 3000;

/** The most points that a frame looks at to find those that are due: a millisecond or two. The next frame continues there. */
const MAX_VISITED = 10_000;

/** Number of points that are moved before the time is checked. */
const SLICE = 100;

/**
 * If a map takes longer than this to draw a step, in milliseconds, nothing moves for as long again, so that the page can do
 * something else, but at most for {@link LONGEST_PAUSE_MS}.
 */
const SLOW_MS = 50;
const LONGEST_PAUSE_MS = 250;

const NONE: CollectionChange = {
  added: new Map(),
  updated: new Map(),
  removed: new Map(),
  entered: new Set(),
  left: new Set(),
};

/**
 * The features of a collection for an adapter of a map, with points that move to their new places instead of jumping there.
 * Points that appear, disappear or jump far do so at once, and so does everything in a hidden page or if the user prefers
 * reduced motion. A point moves only if the change would be visible: a pixel, or a turn of three degrees. A frame takes at
 * most a few milliseconds: if too many points move, each moves in fewer steps.
 *
 * @throws RangeError if `ms` is not a positive number of milliseconds
 *
 * @example
 * ```ts browser
 * import { connect, LiveCollection } from '@viaduct/client';
 * import { followView, LiveVectorSource } from '@viaduct/client/openlayers';
 * import { smooth } from '@viaduct/client/smooth';
 * import VectorLayer from 'ol/layer/Vector.js';
 * import OlMap from 'ol/Map.js';
 * import View from 'ol/View.js';
 *
 * const map = new OlMap({ target: 'map', view: new View({ center: [900_000, 5_950_000], zoom: 8 }) });
 * const viaduct = connect('http://localhost:8080');
 * followView(viaduct, map);
 * const trains = new LiveCollection(viaduct, 'trains');
 * map.addLayer(new VectorLayer({ source: new LiveVectorSource(smooth(trains)) }));
 * trains.on('change', () => console.log(trains.size)); // prints: 1
 * ```
 */
export function smooth<
  Properties extends GeoJsonProperties = GeoJsonProperties,
  Shape extends Geometry = Geometry,
>(
  collection: LiveCollection<Properties, Shape>,
  { ms, heading = 'heading' }: SmoothOptions = {},
): LiveFeatures<Properties, Shape> {
  if (ms !== undefined && !(ms > 0))
    throw new RangeError(`ms is ${ms}; it must be a positive number of milliseconds`);
  // The client does not check what is published, so the program's types only pass through.
  const source = collection as unknown as LiveCollection;
  return new SmoothFeatures(source, heading, ms) as unknown as LiveFeatures<Properties, Shape>;
}

/** A feature as it was last published, and when that was. */
interface Known {
  readonly feature: LiveFeature;
  readonly at: number;
}

/** Which movements are shown as such, in units of the session's projection. */
interface Limits {
  /** Longer ones are jumps. */
  readonly longest: number;
  /** A shorter distance is not visible: about a pixel. */
  readonly visible: number;
}

class SmoothFeatures implements LiveFeatures {
  readonly #collection: LiveCollection;
  readonly #heading: string;
  readonly #ms: number | undefined;
  readonly #events = new Emitter<{ change: [CollectionChange] }>();
  /** Where movements begin: the collection has only their ends. */
  readonly #known = new Map<FeatureId, Known>();
  readonly #moving = new Map<FeatureId, Track>();
  /** Starts again at its end, so that each point gets its turn however many there are. */
  #turns = this.#moving.entries();
  readonly #frames = perFrame(() => this.#frame());
  #stop: Stop | null = null;
  /** When points were last moved; null if the map has drawn that. */
  #movedAt: number | null = null;
  #pausedUntil = 0;

  constructor(collection: LiveCollection, heading: string, ms: number | undefined) {
    this.#collection = collection;
    this.#heading = heading;
    this.#ms = ms;
  }

  get(id: FeatureId): LiveFeature | undefined {
    return this.#moving.get(id)?.shown ?? this.#collection.get(id);
  }

  *[Symbol.iterator](): Iterator<[FeatureId, LiveFeature]> {
    for (const [id, feature] of this.#collection) yield [id, this.#moving.get(id)?.shown ?? feature];
  }

  on(name: 'change', listener: (change: CollectionChange) => void): Stop {
    const stop = this.#events.on(name, listener);
    if (this.#stop === null) this.#begin();
    return () => {
      stop();
      if (!this.#events.has('change')) this.#end();
    };
  }

  #begin(): void {
    const at = performance.now();
    for (const [id, feature] of this.#collection) this.#known.set(id, { feature, at });
    this.#stop = this.#collection.on('change', (change) => this.#take(change));
  }

  #end(): void {
    this.#stop?.();
    this.#stop = null;
    this.#frames.cancel();
    this.#movedAt = null;
    this.#moving.clear();
    this.#known.clear();
  }

  /** Passes on the changes that show at once, and begins the movements. */
  #take(change: CollectionChange): void {
    const at = performance.now();
    const limits = wantsMotion() ? this.#limits() : null;
    const updated = new Map<FeatureId, LiveFeature>();
    for (const [id, feature] of change.updated) {
      const isMoving = this.#animates(id, feature, at, limits);
      this.#known.set(id, { feature, at });
      if (isMoving) continue;
      this.#moving.delete(id);
      updated.set(id, feature);
    }
    for (const [id, feature] of change.added) this.#known.set(id, { feature, at });
    for (const id of change.removed.keys()) {
      this.#known.delete(id);
      this.#moving.delete(id);
    }
    if (change.added.size + change.removed.size + updated.size > 0)
      this.#events.emit('change', { ...change, updated });
    if (this.#moving.size > 0) this.#frames.request();
  }

  /** Begins the movement of a point, or continues the current one; returns false for what must show at once. */
  #animates(id: FeatureId, feature: LiveFeature, now: number, limits: Limits | null): boolean {
    const known = this.#known.get(id);
    if (known === undefined || limits === null) return false;
    const present = this.#moving.get(id);
    if (present !== undefined && isSame(known.feature, feature, this.#heading)) {
      present.target = feature;
      return true;
    }
    present?.moveTo(now);
    const from = present?.shown ?? known.feature;
    const ms = this.#ms ?? Math.min((now - known.at) * MARGIN, LONGEST_MS);
    if (ms === 0 || isSame(from, feature, this.#heading) || !(distance(from, feature) <= limits.longest))
      return false;
    const track = new Track(from, feature, this.#heading, now, ms, limits.visible);
    // Nothing between the two places would be visible.
    if (track.isOneStep) return false;
    this.#moving.set(id, track);
    return true;
  }

  #limits(): Limits {
    const { box } = this.#collection.viaduct.view;
    if (box === null) return { longest: Number.MAX_VALUE, visible: 0 };
    const [left, bottom, right, top] = box;
    const longest = Math.hypot(right - left, top - bottom) * LONGEST_MOVE;
    return { longest, visible: (right - left) / windowPixels() };
  }

  #frame(): void {
    const now = performance.now();
    const drawing = now - (this.#movedAt ?? now);
    if (drawing > SLOW_MS) this.#pausedUntil = now + Math.min(drawing, LONGEST_PAUSE_MS);
    this.#movedAt = null;
    if (now >= this.#pausedUntil) this.#move(now);
    if (this.#moving.size > 0) this.#frames.request();
    else this.#movedAt = null;
  }

  /** Moves as many points as a frame has time for. */
  #move(now: number): void {
    let unseen = Math.min(this.#moving.size, MAX_VISITED);
    let moved = 0;
    // A listener may end all movements.
    while (unseen > 0 && moved < MAX_MOVED && this.#moving.size > 0 && performance.now() - now < BUDGET_MS) {
      const updated = new Map<FeatureId, LiveFeature>();
      for (; unseen > 0 && updated.size < SLICE; unseen--) {
        const [id, track] = this.#next();
        if (!track.isDue(now)) continue;
        if (track.moveTo(now)) this.#moving.delete(id);
        updated.set(id, track.shown);
      }
      moved += updated.size;
      if (updated.size > 0) this.#events.emit('change', { ...NONE, updated });
    }
    if (moved > 0) this.#movedAt = now;
  }

  /** The point whose turn it is; there must be one. */
  #next(): [FeatureId, Track] {
    let turn = this.#turns.next();
    if (turn.done === true) {
      this.#turns = this.#moving.entries();
      turn = this.#turns.next();
    }
    if (turn.done === true) throw new Error('nothing moves');
    return turn.value;
  }
}

/** Width of the window in device pixels; infinite if there is no window, as in Node.js. */
function windowPixels(): number {
  if (typeof innerWidth === 'undefined') return Number.POSITIVE_INFINITY;
  return innerWidth * devicePixelRatio;
}

/** Whether the page is visible, and its user does not prefer reduced motion. */
function wantsMotion(): boolean {
  if (typeof document === 'undefined') return true;
  return !document.hidden && !matchMedia('(prefers-reduced-motion: reduce)').matches;
}
