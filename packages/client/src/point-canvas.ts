/** A symbol as pixels, row by row. */
export interface Sprite {
  readonly width: number;
  readonly height: number;
  /** Distance of its left edge from the point, in pixels to the right. */
  readonly left: number;
  /** Distance of its upper edge from the point, in pixels downwards. */
  readonly top: number;
  /** Red, green, blue and alpha of each pixel, in the byte order of the machine. */
  readonly pixels: Uint32Array;
}

/**
 * A canvas for thousands of small symbols. It copies their pixels itself, which is far faster than a canvas call for each,
 * and needs no graphics card.
 */
export class PointCanvas {
  readonly element = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(this.#image.data.buffer);

  constructor() {
    this.#context = contextOf(this.element);
  }

  /** Begins an empty picture of this size, in pixels; both numbers must be positive. */
  begin(width: number, height: number): void {
    if (this.#image.width === width && this.#image.height === height) {
      this.#pixels.fill(0);
      return;
    }
    this.element.width = width;
    this.element.height = height;
    this.#image = new ImageData(width, height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
  }

  /** Draws a symbol over the earlier ones; what is outside of the picture is cut off. */
  draw(sprite: Sprite, x: number, y: number): void {
    const { width, height } = this.#image;
    // Read once: the loop runs a million times in a frame.
    const from = sprite.pixels;
    const to = this.#pixels;
    const left = Math.round(x) + sprite.left;
    const top = Math.round(y) + sprite.top;
    const firstColumn = Math.max(0, -left);
    const endColumn = Math.min(sprite.width, width - left);
    const endRow = Math.min(sprite.height, height - top);
    for (let row = Math.max(0, -top); row < endRow; row++) {
      const start = row * sprite.width;
      const target = (top + row) * width + left;
      for (let column = firstColumn; column < endColumn; column++) {
        const over = from[start + column] ?? 0;
        if (over === 0) continue;
        const under = to[target + column] ?? 0;
        to[target + column] = under === 0 || over >= OPAQUE ? over : mix(over, under);
      }
    }
  }

  /** Shows what was drawn since {@link begin}. */
  end(): void {
    this.#context.putImageData(this.#image, 0, 0);
  }
}

/** Pixels of at least this value are opaque: alpha is the highest byte, because machines with browsers are little-endian. */
const OPAQUE = 0xff000000;

/** Blends one pixel over another; the upper one is not opaque, and the lower one not fully transparent. */
function mix(over: number, under: number): number {
  const alpha = over >>> 24;
  const rest = under >= OPAQUE ? 255 - alpha : ((under >>> 24) * (255 - alpha)) / 255;
  const sum = alpha + rest;
  // Of 256, so that the channels can be weighed two at a time.
  const weight = Math.round((alpha * 256) / sum);
  const red = weighed(over & 0xff00ff, under & 0xff00ff, weight);
  const green = weighed((over >>> 8) & 0xff, (under >>> 8) & 0xff, weight);
  return ((Math.round(sum) << 24) | red | (green << 8)) >>> 0;
}

/** One or two channels, as their lowest and third byte. */
function weighed(over: number, under: number, weight: number): number {
  return ((Math.imul(over, weight) + Math.imul(under, 256 - weight)) >>> 8) & 0xff00ff;
}

/** @throws Error if the browser has no more memory for canvases */
export function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('the browser has no memory for another canvas; close other pages');
  return context;
}
