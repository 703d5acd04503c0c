import type { Area } from './area.js';
import { type Bbox, windowOf } from './box.js';
import { type Crs, DATA_CRS } from './crs.js';
import { type FeatureId, featureId } from './feature-id.js';
import { asFeatures, isFeature, isGeometry, isMalformed, isObject } from './geojson.js';
import { Layout, type LayoutGeometry } from './layout.js';
import { MessageText } from './message-text.js';
import { type Placed, PlacedLayout, PlacedPoint } from './placed.js';
import { Renderer } from './render.js';
import { mayMeet, RoughEnvelopes, roughRectangles } from './rough-envelope.js';
import { Rounding } from './rounding.js';
import { withSingleMembers } from './single-members.js';
import { FEATURE_SIZE } from './text-plan.js';
import { boxStepOf, defaultGrid, type Grid, isIdentity, stepOf, type View } from './view.js';

/** The geometry of a message that is one point, or null if it is anything else. */
function pointOf(value: unknown): LayoutGeometry | null {
  const geometry = isFeature(value) ? value.geometry : value;
  if (!isObject(geometry) || geometry.type !== 'Point' || !Array.isArray(geometry.coordinates)) return null;
  const coordinates: readonly unknown[] = geometry.coordinates;
  if (typeof coordinates[0] !== 'number' || typeof coordinates[1] !== 'number') return null;
  return { coordinates, depth: 0, firstVertex: 0 };
}

/**
 * A published message: parsed once, then written in any view and tested against any box. It projects its coordinates once
 * for each CRS and keeps them.
 */
export class GeoMessage {
  /** The message as published. */
  readonly text: string;
  /** The parsed text. */
  readonly value: unknown;
  readonly #point: LayoutGeometry | null;
  readonly #placed: Placed[] = [];
  #layout: Layout | null = null;
  #rough: RoughEnvelopes | null = null;
  #messageText: MessageText | null = null;
  /** The part of it within each requested area, by the area's id. */
  #within: Map<string, GeoMessage | null> | null = null;

  private constructor(text: string, value: unknown) {
    this.text = text;
    this.value = value;
    this.#point = pointOf(value);
  }

  /** @throws {SyntaxError} if the text is not JSON; never for JSON that is not GeoJSON, or not valid GeoJSON */
  static parse(text: string): GeoMessage {
    return new GeoMessage(text, JSON.parse(text));
  }

  /** A Feature at a longitude and latitude in degrees. It is for tests of its place only: it cannot be rendered. */
  static at(lon: number, lat: number): GeoMessage {
    return new GeoMessage('', { type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] } });
  }

  /**
   * Its id; null if it is not a Feature or has none.
   *
   * @param property member of `properties` that identifies a Feature without an `id`; empty for none
   */
  featureId(property: string): FeatureId | null {
    return featureId(this.text, this.value, property);
  }

  /** Its features, each as a message of its own; null if it is neither a Feature nor a FeatureCollection. */
  features(): readonly GeoMessage[] | null {
    if (isFeature(this.value)) return [this];
    const features = asFeatures(this.value);
    if (features === null) return null;
    const { text, plan } = this.#planned().whole();
    if (plan.features.length !== FEATURE_SIZE * features.length) return [];
    return features.map((feature, i) => {
      const at = FEATURE_SIZE * i;
      // A slice would keep the text of the whole collection in memory.
      const own = Buffer.from(text.slice(plan.features[at], plan.features[at + 1])).toString();
      return new GeoMessage(own, feature);
    });
  }

  /** The longitude and latitude of a Feature that is one point, or of a bare point; else null. */
  get point(): readonly [lon: number, lat: number] | null {
    return this.#point === null ? null : (this.#point.coordinates as readonly [number, number]);
  }

  /** Whether it is a Feature without a geometry, which announces that a feature is gone. */
  get isRemoval(): boolean {
    return isFeature(this.value) && (this.value.geometry ?? null) === null;
  }

  /** Whether it is a Feature. */
  get isFeature(): boolean {
    return isFeature(this.value);
  }

  /** Whether it is an object with a member `id`, whatever that is. */
  get hasIdMember(): boolean {
    return isObject(this.value) && Object.hasOwn(this.value, 'id');
  }

  /** Whether it is a Feature, a FeatureCollection, or a geometry of a type that GeoJSON has. */
  get isGeo(): boolean {
    return isFeature(this.value) || isGeometry(this.value) || asFeatures(this.value) !== null;
  }

  /** Whether it neither is GeoJSON nor claims to be: nothing is known about its place. */
  get isForeign(): boolean {
    return !this.isGeo && !isMalformed(this.value);
  }

  /**
   * The message's geometry in a CRS.
   *
   * @param step to which coordinates are rounded, in units of the CRS; by default that of views without a precision
   */
  placedIn(crs: Crs, step: number = stepOf(defaultGrid(crs))): Placed {
    for (const placed of this.#placed) if (placed.crs === crs && placed.rounding.step === step) return placed;
    const rounding = Rounding.to(step);
    const placed =
      this.#point === null
        ? new PlacedLayout(this.#laidOut(), crs, rounding)
        : new PlacedPoint(this.#point, crs, rounding);
    this.#placed.push(placed);
    return placed;
  }

  /**
   * Rectangles of the one world of a CRS that hold all of the message, and more, without projecting it; null if that is
   * not possible, or not worthwhile. A box that meets none of them does not hold the message.
   *
   * @param step to which its coordinates are rounded
   */
  roughlyIn(crs: Crs, step: number): readonly Readonly<Bbox>[] | null {
    if (this.#point !== null || crs.isDataCrs) return null;
    this.#rough ??= new RoughEnvelopes(this.#laidOut());
    const envelope = this.#rough.in(crs);
    return envelope === null ? null : roughRectangles(envelope, crs, step);
  }

  /**
   * The JSON text of the message in a view. In the view that changes nothing (`isIdentity`), this is `text`. In others,
   * the coordinates are replaced and everything else is as published, with three exceptions: a geometry that cannot be
   * projected becomes null (a GeometryCollection as a whole); the members `bbox` and `crs` of GeoJSON objects, which
   * describe the published coordinates, are left out; so are heights that are not finite numbers.
   */
  render(view: View): string {
    if (isIdentity(view) || !this.isGeo) return this.text;
    const placed = this.#placedFor(view);
    const text = this.#planned();
    const planned = placed.failures === 0 && placed.numeric ? text.quick(placed.geometries) : text.whole();
    return new Renderer(planned, placed, view).whole();
  }

  /** Like `render`, but a FeatureCollection has only the features that are in the box. */
  renderTrimmed(view: View, box: Bbox, boxCrs: Crs): string {
    if (asFeatures(this.value) === null) return this.render(view);
    const inBox = this.placedIn(boxCrs, boxStepOf(boxCrs, view));
    const window = windowOf(box, boxCrs);
    const kept: number[] = [];
    for (let item = 0; item < inBox.items; item++) if (inBox.meets(item, window)) kept.push(item);
    if (kept.length === inBox.items) return this.render(view);
    const planned = isIdentity(view) ? this.#planned().without(['bbox']) : this.#planned().whole();
    return new Renderer(planned, this.#placedFor(view), view).withFeatures(kept);
  }

  /**
   * Whether the message is in a box of a CRS: its geometry and the closed box have a point in common, or it has no
   * place (no geometry, no coordinates, not GeoJSON). For a FeatureCollection, one feature in the box is enough.
   *
   * @param view in which the message is sent. If the box is in the view's CRS, the test uses the rounded coordinates that
   *   the view sends: a box that begins at such a coordinate holds the feature.
   */
  intersects(box: Bbox, boxCrs: Crs, view: Grid = defaultGrid(boxCrs)): boolean {
    const step = boxStepOf(boxCrs, view);
    const window = windowOf(box, boxCrs);
    const rough = this.roughlyIn(boxCrs, step);
    if (rough !== null && !mayMeet(rough, window)) return false;
    const placed = this.placedIn(boxCrs, step);
    if (placed.items === 0) return true;
    for (let item = 0; item < placed.items; item++) if (placed.meets(item, window)) return true;
    return false;
  }

  /**
   * The part of it that a client confined to an area may see: the message itself if all of it is admitted, a collection of
   * the admitted features and nothing else, or null if nothing is admitted. It is computed once for each area. If members
   * have the same name, only the last one is checked; the others are left out.
   *
   * A geometry that has a point in common with the area is admitted whole; so is an item without a place (no geometry, no
   * coordinates). A geometry that cannot be read is not admitted: its place may be anywhere. Neither is anything that is
   * not GeoJSON, if the area is strict.
   */
  within(area: Area): GeoMessage | null {
    this.#within ??= new Map();
    let seen = this.#within.get(area.id);
    if (seen === undefined) {
      seen = this.#cutTo(area);
      this.#within.set(area.id, seen);
    }
    return seen;
  }

  #cutTo(area: Area): GeoMessage | null {
    if (!this.isGeo && (area.isStrict || !this.isForeign)) return null;
    const checked = withSingleMembers(this.text);
    if (checked !== this.text) return new GeoMessage(checked, this.value).#cutTo(area);
    const placed = this.placedIn(DATA_CRS);
    const admitted: number[] = [];
    for (let item = 0; item < placed.items; item++) if (area.admits(placed, item)) admitted.push(item);
    const isEmpty = placed.items === 0 && this.isGeo;
    if (admitted.length === placed.items && !isEmpty) return this;
    if (admitted.length === 0 && !isEmpty) return null;
    return this.#onlyFeatures(admitted);
  }

  /** A FeatureCollection of some features: without further members, which may be about the other features. */
  #onlyFeatures(indices: readonly number[]): GeoMessage | null {
    const { text, plan } = this.#planned().whole();
    // If the text does not show where its features are, it cannot be cut.
    if (plan.features.length !== FEATURE_SIZE * this.placedIn(DATA_CRS).items) return null;
    const isBare = isObject(this.value) && Object.keys(this.value).length === 2;
    if (indices.length === 0 && isBare) return this;
    const kept = indices.map((i) =>
      text.slice(plan.features[FEATURE_SIZE * i], plan.features[FEATURE_SIZE * i + 1]),
    );
    const features = asFeatures(this.value) ?? [];
    return new GeoMessage(`{"type":"FeatureCollection","features":[${kept.join(',')}]}`, {
      type: 'FeatureCollection',
      features: indices.map((i) => features[i]),
    });
  }

  /** The number of features (or bare geometries) with geometry that cannot be written in a CRS. */
  unlocated(crs: Crs): number {
    for (const placed of this.#placed) if (placed.crs === crs) return placed.failures;
    return this.placedIn(crs).failures;
  }

  /** Whether a geometry is null in a view because it cannot be written there. */
  isUnlocated(view: View): boolean {
    return this.isGeo && !isIdentity(view) && this.unlocated(view.crs) > 0;
  }

  #placedFor(view: View): Placed {
    return this.placedIn(view.crs, stepOf(view));
  }

  #laidOut(): Layout {
    this.#layout ??= Layout.of(this.value);
    return this.#layout;
  }

  #planned(): MessageText {
    this.#messageText ??= new MessageText(this.text, this.value);
    return this.#messageText;
  }
}
