import ImageState from 'ol/ImageState.js';
import type ImageStyle from 'ol/style/Image.js';
import { modulo } from './modulo.js';
import { contextOf, type Sprite } from './point-canvas.js';

/** A symbol is drawn in this many directions; the nearest one is shown. */
const DIRECTIONS = 72;

/** The images of OpenLayers as sprites, each made when it is first needed. */
export class Sprites {
  readonly #loaded: () => void;
  #pixelRatio = 1;
  /** By image and direction. */
  #sprites = new WeakMap<ImageStyle, Map<number, Sprite>>();
  /** Those with a listener. */
  readonly #loading = new Set<ImageStyle>();

  /** @param loaded called when an image that was not ready when it was needed has been loaded */
  constructor(loaded: () => void) {
    this.#loaded = loaded;
  }

  /** Returns whether the ratio has changed, so that earlier sprites are out of date. */
  setPixelRatio(pixelRatio: number): boolean {
    if (pixelRatio === this.#pixelRatio) return false;
    this.#pixelRatio = pixelRatio;
    this.#sprites = new WeakMap();
    return true;
  }

  /** @param rotation clockwise, in radians @returns null if the image is not loaded */
  get(image: ImageStyle, rotation: number): Sprite | null {
    const turn = modulo(Math.round((rotation / (2 * Math.PI)) * DIRECTIONS), DIRECTIONS);
    const ofImage = this.#sprites.get(image) ?? new Map<number, Sprite>();
    const known = ofImage.get(turn);
    if (known !== undefined) return known;
    if (image.getImageState() !== ImageState.LOADED) {
      this.#load(image);
      return null;
    }
    const sprite = draw(image, (turn / DIRECTIONS) * 2 * Math.PI, this.#pixelRatio);
    ofImage.set(turn, sprite);
    this.#sprites.set(image, ofImage);
    return sprite;
  }

  /** Makes images that are still loading forget this object; others may keep them. */
  dispose(): void {
    for (const image of this.#loading) this.#forget(image);
  }

  #load(image: ImageStyle): void {
    if (this.#loading.has(image) || !isPending(image)) return;
    this.#loading.add(image);
    image.listenImageChange(this.#imageChanged);
    image.load();
  }

  readonly #imageChanged = (): void => {
    for (const image of this.#loading) if (!isPending(image)) this.#forget(image);
    this.#loaded();
  };

  #forget(image: ImageStyle): void {
    this.#loading.delete(image);
    image.unlistenImageChange(this.#imageChanged);
  }
}

/** Whether an image is not loaded, but may be later. */
function isPending(image: ImageStyle): boolean {
  const state = image.getImageState();
  return state === ImageState.IDLE || state === ImageState.LOADING;
}

function draw(image: ImageStyle, rotation: number, pixelRatio: number): Sprite {
  const picture = image.getImage(pixelRatio) as CanvasImageSource;
  const [width = 0, height = 0] = image.getSize() ?? [];
  const [anchorX = 0, anchorY = 0] = image.getAnchor() ?? [];
  const [originX = 0, originY = 0] = image.getOrigin() ?? [];
  const [scaleX = 1, scaleY = 1] = image.getScaleArray();
  const own = image.getPixelRatio(pixelRatio);
  const reach = Math.hypot(
    Math.max(Math.abs(anchorX), Math.abs(width - anchorX)) * scaleX,
    Math.max(Math.abs(anchorY), Math.abs(height - anchorY)) * scaleY,
  );
  const half = Math.ceil(reach * pixelRatio) + 1;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 2 * half;
  const context = contextOf(canvas);
  context.globalAlpha = image.getOpacity();
  context.translate(half, half);
  context.rotate(rotation);
  context.scale((scaleX * pixelRatio) / own, (scaleY * pixelRatio) / own);
  const [sx, sy, w, h] = [originX * own, originY * own, width * own, height * own];
  context.drawImage(picture, sx, sy, w, h, -anchorX * own, -anchorY * own, w, h);
  return trimmed(new Uint32Array(context.getImageData(0, 0, 2 * half, 2 * half).data.buffer), half);
}

/** Cuts off empty rows and columns around a symbol. @param pixels of a square @param half of its side, where the point is */
function trimmed(pixels: Uint32Array, half: number): Sprite {
  const side = 2 * half;
  let [left, right, top, bottom] = [side, -1, side, -1];
  for (const [index, pixel] of pixels.entries()) {
    if (pixel === 0) continue;
    const [column, row] = [index % side, Math.floor(index / side)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  }
  const [width, height] = [Math.max(0, right - left + 1), Math.max(0, bottom - top + 1)];
  const kept = new Uint32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * side + left;
    kept.set(pixels.subarray(from, from + width), row * width);
  }
  return { width, height, left: left - half, top: top - half, pixels: kept };
}
