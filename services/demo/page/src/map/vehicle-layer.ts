import type Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import type VectorSource from 'ol/source/Vector.js';
import Icon from 'ol/style/Icon.js';
import Style from 'ol/style/Style.js';
import { type MapCrs, metresPerUnit } from '../crs.js';
import type { Glide } from './glide.js';
import type { Palette } from './palette.js';
import { drawSymbol, type Kind } from './symbols.js';

/** Symbols are drawn once per this many degrees. */
const ROTATION_STEP = 3;

const DEGREES = 180 / Math.PI;

/** Pixels of a symbol's picture per CSS pixel: enough for dense screens and for turned symbols. */
const DENSITY = 3;

/** Names of the properties that the page adds to a feature. */
export const ROTATION = 'viaduct-rotation';

/**
 * The size of symbols at a resolution in metres per pixel, as a share of their full size: small on maps of the world.
 */
function scaleAt(metresPerPixel: number): number {
  const zoom = Math.log2(20_000 / metresPerPixel);
  return Math.min(1, Math.max(0.4, 0.4 + zoom * 0.12));
}

/** Vehicles of one kind, as symbols that point in their direction. */
export class VehicleLayer extends VectorLayer<VectorSource> {
  readonly #kind: Kind;
  readonly #glide: Glide;
  readonly #styles = new Map<number, Style>();
  #picture: HTMLCanvasElement;
  #scale = 1;
  #metresPerUnit = 1;

  constructor(kind: Kind, glide: Glide, colours: Palette) {
    super({ updateWhileAnimating: true, updateWhileInteracting: true });
    this.#kind = kind;
    this.#glide = glide;
    this.#picture = drawSymbol(kind, colours[kind], colours.halo, DENSITY);
    this.setStyle((feature, resolution) => this.#styleOf(feature as Feature, resolution));
  }

  setCrs(crs: MapCrs): void {
    this.#metresPerUnit = metresPerUnit(crs);
  }

  setPalette(colours: Palette): void {
    this.#styles.clear();
    this.#picture = drawSymbol(this.#kind, colours[this.#kind], colours.halo, DENSITY);
    this.changed();
  }

  #styleOf(feature: Feature, resolution: number): Style {
    this.#scaleTo(scaleAt(resolution * this.#metresPerUnit));
    const step = Math.round((Number(feature.get(ROTATION)) * DEGREES) / ROTATION_STEP);
    let style = this.#styles.get(step);
    if (style === undefined) {
      style = this.#makeStyle((step * ROTATION_STEP) / DEGREES);
      this.#styles.set(step, style);
    }
    return style;
  }

  #scaleTo(scale: number): void {
    const rounded = Math.round(scale * 20) / 20;
    if (rounded === this.#scale) return;
    this.#scale = rounded;
    this.#styles.clear();
  }

  #makeStyle(rotation: number): Style {
    return new Style({
      image: new Icon({ img: this.#picture, scale: this.#scale / DENSITY, rotation, rotateWithView: true }),
      geometry: (feature) => {
        const position = this.#glide.at(feature as Feature, performance.now());
        return position === null ? undefined : new Point(position);
      },
    });
  }
}
