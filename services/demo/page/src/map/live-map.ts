import { getCenter } from 'ol/extent.js';
import Feature from 'ol/Feature.js';
import { defaults as defaultInteractions } from 'ol/interaction/defaults.js';
import OlMap from 'ol/Map.js';
import type VectorSource from 'ol/source/Vector.js';
import { VectorSourceEvent } from 'ol/source/Vector.js';
import View from 'ol/View.js';
import {
  isInArea,
  type LonLat,
  type MapCrs,
  metresPerUnit,
  projectionOf,
  projector,
  unprojector,
} from '../crs.js';
import type { Look } from './address.js';
import { BaseLayer } from './base-layer.js';
import { Glide } from './glide.js';
import { turner } from './heading.js';
import { LabelLayer } from './labels.js';
import { OwnLayer } from './own-layer.js';
import type { Palette } from './palette.js';
import type { Kind } from './symbols.js';
import { ROTATION, VehicleLayer } from './vehicle-layer.js';
import { type Detail, loadWorld } from './world.js';

/**
 * Maximum zoom, in metres per pixel: far beyond the details of the outlines, because data of the user's own may be
 * about streets.
 */
const CLOSEST = 8;

/**
 * A map with more metres per pixel shows part of the world rather than a place; it does not stay there in another
 * CRS.
 */
const WIDE = 6000;

/** Time between two pictures of moving features, in milliseconds. */
const FRAME_MS = 33;

/** Longest movement in one update that is shown as a movement, as a share of the map's width. */
const LONGEST_GLIDE = 0.02;

/** Duration of a view change by a button, in milliseconds. */
const ANIMATION_MS = 350;

export interface LiveMapOptions {
  target: HTMLElement;
  colours: Palette;
  /** Parts of the map that panels cover, in CSS pixels: top, right, bottom, left. */
  covered(): [top: number, right: number, bottom: number, left: number];
  /** Whether the user wants as little motion as possible. */
  isCalm(): boolean;
}

/** The map: its contents, its CRS and its view. */
export class LiveMap {
  readonly map: OlMap;
  /** The element that contains the map and receives its keys. */
  readonly target: HTMLElement;
  readonly glide: Glide;
  readonly #options: LiveMapOptions;
  readonly #base: BaseLayer;
  readonly #labels: LabelLayer;
  readonly #vehicles: Readonly<Record<Kind, VehicleLayer>>;
  readonly #own: OwnLayer;
  #crs: MapCrs;
  #turn: ReturnType<typeof turner>;
  #lastFrame = 0;

  /** @param look null for the CRS's own first view */
  constructor(options: LiveMapOptions, crs: MapCrs, look: Look | null) {
    this.#options = options;
    this.target = options.target;
    this.#crs = crs;
    this.#turn = turner(crs);
    this.glide = new Glide(options.isCalm);
    this.#base = new BaseLayer(options.colours);
    this.#labels = new LabelLayer(options.colours);
    this.#vehicles = {
      train: new VehicleLayer('train', this.glide, options.colours),
      plane: new VehicleLayer('plane', this.glide, options.colours),
    };
    this.#own = new OwnLayer(options.colours);
    // So that keys pan and zoom.
    options.target.tabIndex = 0;
    this.map = new OlMap({
      target: options.target,
      controls: [],
      interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
      layers: [this.#base, this.#labels, this.#own, ...this.vehicleLayers],
    });
    this.#adopt(crs, look);
    requestAnimationFrame((time) => this.#animate(time));
  }

  get crs(): MapCrs {
    return this.#crs;
  }

  /** The vehicle layers, to search for a clicked vehicle. */
  get vehicleLayers(): readonly VehicleLayer[] {
    return Object.values(this.#vehicles);
  }

  /**
   * Loads the base map: the coarse one first, because that is fast.
   *
   * @throws Error if loading fails
   */
  async load(): Promise<void> {
    const take = async (detail: Detail): Promise<void> => {
      const world = await loadWorld(detail);
      this.#base.setWorld(detail, world);
      if (detail === 'coarse') this.#labels.setWorld(world);
    };
    await take('coarse');
    await take('fine');
  }

  setPalette(colours: Palette): void {
    this.#base.setPalette(colours);
    this.#labels.setPalette(colours);
    this.#own.setPalette(colours);
    for (const layer of this.vehicleLayers) layer.setPalette(colours);
  }

  /** Redraws the map in another CRS: at the same place if the CRS is for it, otherwise at the CRS's own place. */
  setCrs(crs: MapCrs): void {
    if (crs === this.#crs) return;
    const { look } = this;
    const stays = isInArea(crs, look.place) && look.metres < WIDE;
    this.#adopt(crs, stays ? look : null);
  }

  /** Shows a place, in another CRS if need be. */
  go(crs: MapCrs, look: Look): void {
    this.#adopt(crs, look);
  }

  /** What the map shows. */
  get look(): Look {
    return { place: this.center(), metres: this.metresPerPixel() };
  }

  /** Shows the vehicles of a source from now on. */
  show(kind: Kind, source: VectorSource): void {
    this.#vehicles[kind].setSource(source);
    for (const feature of source.getFeatures()) this.#moved(feature);
    source.on(['addfeature', 'changefeature'], (event) => {
      if (event instanceof VectorSourceEvent && event.feature instanceof Feature) this.#moved(event.feature);
    });
  }

  /** Shows features that are not vehicles; null for none. */
  showOwn(source: VectorSource | null): void {
    this.#own.setSource(source);
  }

  /** Moves to the first view of a CRS. */
  goHome(): void {
    const duration = this.#options.isCalm() ? 0 : ANIMATION_MS;
    this.map.getView().fit(this.#crs.home, { padding: this.#options.covered(), duration });
  }

  zoom(steps: number): void {
    const view = this.map.getView();
    view.cancelAnimations();
    view.animate({
      zoom: (view.getZoom() ?? 0) + steps,
      duration: this.#options.isCalm() ? 0 : ANIMATION_MS,
    });
  }

  /** The centre of the map. */
  center(): LonLat {
    return unprojector(this.#crs)(this.map.getView().getCenter() ?? getCenter(this.#crs.home));
  }

  metresPerPixel(): number {
    return (this.map.getView().getResolution() ?? 1) * metresPerUnit(this.#crs);
  }

  /** Redraws everything, even what has not changed. */
  redraw(): void {
    for (const layer of this.vehicleLayers) layer.changed();
  }

  #adopt(crs: MapCrs, look: Look | null): void {
    this.#crs = crs;
    this.#turn = turner(crs);
    for (const layer of [this.#labels, ...this.vehicleLayers]) layer.setCrs(crs);
    this.map.setView(this.#viewOf(crs, look));
  }

  /** A view of a place at a number of metres per pixel; the first view of the CRS for null. */
  #viewOf(crs: MapCrs, look: Look | null): View {
    const unit = metresPerUnit(crs);
    const view = new View({
      projection: projectionOf(crs),
      extent: crs.extent,
      center: look === null ? getCenter(crs.home) : projector(crs)(look.place),
      resolution: (look?.metres ?? WIDE) / unit,
      minResolution: CLOSEST / unit,
      enableRotation: false,
    });
    const size = this.map.getSize();
    if (look === null && size !== undefined) {
      view.setViewportSize(size);
      view.fit(crs.home, { size, padding: this.#options.covered() });
    }
    return view;
  }

  /** Records a vehicle's position and the direction of its symbol. */
  #moved(feature: Feature): void {
    const geometry = feature.getGeometry();
    if (geometry === undefined) return;
    const position = getCenter(geometry.getExtent());
    const [minX = 0, , maxX = 0] = this.#crs.extent;
    this.glide.moveTo(feature, position, performance.now(), (maxX - minX) * LONGEST_GLIDE);
    feature.set(ROTATION, this.#turn(position, Number(feature.get('heading'))), true);
  }

  #animate(time: number): void {
    requestAnimationFrame((next) => this.#animate(next));
    if (time - this.#lastFrame < FRAME_MS) return;
    this.#lastFrame = time;
    this.redraw();
  }
}
