import Feature from 'ol/Feature.js';
import LineString from 'ol/geom/LineString.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import type { LiveMap } from './live-map.js';
import type { Palette } from './palette.js';

/** How close to the centre of a symbol a click counts, in CSS pixels: half a finger. */
const TOLERANCE = 18;

/** Number of positions in the trail of the selected vehicle. */
const TRAIL_LENGTH = 200;

/** The vehicle that the user has selected by click or key; marked on the map, with its trail. */
export class Selection {
  readonly #live: LiveMap;
  readonly #onChange: (feature: Feature | null) => void;
  readonly #trail = new Feature(new LineString([]));
  readonly #ring = new Feature(new Point([0, 0]));
  readonly #layer: VectorLayer<VectorSource>;
  #selected: Feature | null = null;
  /** Vehicles that Enter has selected before, so that it moves on to another one. */
  #visited = new Set<Feature>();

  /** @param onChange called with another selection, and after every change of the selected vehicle */
  constructor(live: LiveMap, colours: Palette, onChange: (feature: Feature | null) => void) {
    this.#live = live;
    this.#onChange = onChange;
    this.#layer = new VectorLayer({
      source: new VectorSource(),
      updateWhileAnimating: true,
      updateWhileInteracting: true,
    });
    this.setPalette(colours);
    live.map.getLayers().insertAt(2, this.#layer);
    live.map.on('click', ({ pixel }) => this.#select(this.#at(pixel)));
    live.map.on('pointermove', ({ pixel, dragging }) => {
      if (!dragging) live.target.style.cursor = this.#at(pixel) === null ? '' : 'pointer';
    });
    live.target.addEventListener('keydown', (event) => this.#key(event));
    live.map.on('precompose', () => this.#follow());
  }

  setPalette({ selection, halo }: Palette): void {
    this.#trail.setStyle(new Style({ stroke: new Stroke({ color: selection, width: 2, lineDash: [1, 5] }) }));
    this.#ring.setStyle([
      new Style({ image: new Circle({ radius: 15, stroke: new Stroke({ color: halo, width: 5 }) }) }),
      new Style({
        image: new Circle({
          radius: 15,
          stroke: new Stroke({ color: selection, width: 2.5 }),
          fill: new Fill({ color: `${selection}24` }),
        }),
      }),
    ]);
  }

  /** Ends the selection. */
  clear(): void {
    this.#visited.clear();
    this.#select(null);
  }

  /** Follows the vehicles of a source: the selection ends when its vehicle disappears. */
  watch(source: VectorSource): void {
    source.on('changefeature', ({ feature }) => {
      if (feature === this.#selected) this.#moved();
    });
    source.on('removefeature', ({ feature }) => {
      if (feature === this.#selected) this.#select(null);
    });
    source.on('clear', () => this.clear());
  }

  /** The vehicle whose symbol is nearest to a pixel, if it is near enough. */
  #at([x = 0, y = 0]: number[]): Feature | null {
    const [nearest] = this.#byDistance((position) => {
      const [pixelX = 0, pixelY = 0] = this.#live.map.getPixelFromCoordinate(position) ?? [];
      return Math.hypot(pixelX - x, pixelY - y);
    });
    return nearest !== undefined && nearest.distance <= TOLERANCE ? nearest.feature : null;
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.clear();
    if (event.key !== 'Enter') return;
    event.preventDefault();
    this.#select(this.#nextFromCenter());
  }

  /** The vehicle in view that is nearest to the centre and was not selected yet; starts again after the last one. */
  #nextFromCenter(): Feature | null {
    const [x = 0, y = 0] = this.#live.map.getView().getCenter() ?? [];
    const inView = this.#byDistance(([featureX = 0, featureY = 0]) =>
      Math.hypot(featureX - x, featureY - y),
    ).map(({ feature }) => feature);
    const fresh = inView.find((feature) => !this.#visited.has(feature));
    if (fresh === undefined) this.#visited.clear();
    const next = fresh ?? inView[0] ?? null;
    if (next !== null) this.#visited.add(next);
    return next;
  }

  /** The vehicles in view, sorted by the function of their shown positions. */
  #byDistance(distanceOf: (position: number[]) => number): { feature: Feature; distance: number }[] {
    const extent = this.#live.map.getView().calculateExtent(this.#live.map.getSize());
    return this.#live.vehicleLayers
      .flatMap((layer) => layer.getSource()?.getFeaturesInExtent(extent) ?? [])
      .flatMap((feature) => {
        const position = this.#position(feature);
        return position === null ? [] : [{ feature, distance: distanceOf(position) }];
      })
      .sort((one, other) => one.distance - other.distance);
  }

  #position(feature: Feature): number[] | null {
    return this.#live.glide.at(feature, performance.now());
  }

  #select(feature: Feature | null): void {
    if (feature === this.#selected) return;
    this.#selected = feature;
    const source = this.#layer.getSource();
    source?.clear();
    this.#trail.getGeometry()?.setCoordinates([]);
    if (feature !== null) {
      source?.addFeatures([this.#trail, this.#ring]);
      this.#follow();
    }
    this.#onChange(feature);
  }

  #moved(): void {
    const line = this.#trail.getGeometry();
    const position = this.#selected === null ? null : this.#position(this.#selected);
    if (line === undefined || position === null) return;
    line.setCoordinates([...line.getCoordinates().slice(-TRAIL_LENGTH), position]);
    this.#onChange(this.#selected);
  }

  /** Moves the ring and the end of the trail with the symbol. */
  #follow(): void {
    if (this.#selected === null) return;
    const position = this.#position(this.#selected);
    if (position !== null) this.#ring.getGeometry()?.setCoordinates(position);
  }
}
