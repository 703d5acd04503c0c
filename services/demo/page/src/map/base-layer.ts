import type { Geometry } from 'geojson';
import { containsXY, type Extent, intersects } from 'ol/extent.js';
import Layer from 'ol/layer/Layer.js';
import type { FrameState } from 'ol/Map.js';
import { LINES } from '../../../src/railways.js';
import { crsOf, metresPerUnit } from '../crs.js';
import { type Crossing, Graticule } from './graticule.js';
import { type Piece, Tracer } from './outlines.js';
import type { Palette } from './palette.js';
import type { Detail, World } from './world.js';

/** Above this many metres per pixel the coarse outlines are enough. */
const COARSE_FROM = 12_000;

const FONT = "10px 'Inter Variable', system-ui, sans-serif";

const RAILWAYS: Geometry[] = LINES.map(({ stops }) => ({
  type: 'LineString',
  coordinates: stops.map(({ position }) => [...position]),
}));

interface Outlines {
  land: Piece[];
  coasts: Piece[];
  borders: Piece[];
}

/** The drawing for one CRS, made on demand. */
class Drawing {
  readonly tracer: Tracer;
  readonly railways: Piece[];
  readonly graticule: Graticule;
  readonly #outlines = new Map<World, Outlines>();

  constructor(code: string) {
    const crs = crsOf(code);
    this.tracer = new Tracer(crs);
    this.graticule = new Graticule(this.tracer, crs);
    this.railways = this.#pieces(RAILWAYS);
  }

  outlines(world: World): Outlines {
    let outlines = this.#outlines.get(world);
    if (outlines === undefined) {
      outlines = {
        land: this.#pieces(world.land),
        coasts: this.#pieces(world.coasts),
        borders: this.#pieces(world.borders),
      };
      this.#outlines.set(world, outlines);
    }
    return outlines;
  }

  #pieces(geometries: readonly Geometry[]): Piece[] {
    return geometries.map((geometry) => this.tracer.trace(geometry)).filter((piece) => piece !== null);
  }
}

/** Sea, land, borders, railways and the graticule, in the CRS of the view. */
export class BaseLayer extends Layer {
  readonly #canvas = document.createElement('canvas');
  /** Around the canvas, because other layers draw on a bare canvas below them, and this one keeps its picture. */
  readonly #container = document.createElement('div');
  readonly #worlds: Partial<Record<Detail, World>> = {};
  readonly #drawings = new Map<string, Drawing>();
  #palette: Palette;
  /** The state of the canvas, as text: a frame with the same picture is not drawn again. */
  #shown = '';
  #version = 0;

  constructor(colours: Palette) {
    super({});
    this.#palette = colours;
    this.#container.className = 'base-map';
    this.#container.append(this.#canvas);
  }

  setWorld(detail: Detail, world: World): void {
    this.#worlds[detail] = world;
    this.#redraw();
  }

  setPalette(colours: Palette): void {
    this.#palette = colours;
    this.#redraw();
  }

  override render(frameState: FrameState | null): HTMLElement {
    if (frameState === null) return this.#container;
    const { viewState, size, pixelRatio } = frameState;
    const picture = [
      this.#version,
      viewState.projection.getCode(),
      viewState.center,
      viewState.resolution,
      size,
      pixelRatio,
    ];
    if (picture.join(' ') !== this.#shown) {
      this.#shown = picture.join(' ');
      this.#draw(frameState);
    }
    return this.#container;
  }

  #redraw(): void {
    this.#version += 1;
    this.changed();
  }

  #drawing(code: string): Drawing {
    let drawing = this.#drawings.get(code);
    if (drawing === undefined) {
      drawing = new Drawing(code);
      this.#drawings.set(code, drawing);
    }
    return drawing;
  }

  #draw({ viewState, size, pixelRatio, extent }: FrameState): void {
    const [width = 0, height = 0] = size;
    const [x = 0, y = 0] = viewState.center;
    const { resolution, projection } = viewState;
    this.#canvas.width = Math.round(width * pixelRatio);
    this.#canvas.height = Math.round(height * pixelRatio);
    const context = this.#canvas.getContext('2d');
    if (context === null || extent === null) return;
    context.fillStyle = this.#palette.sea;
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    const drawing = this.#drawing(projection.getCode());
    const [originX, originY] = drawing.tracer.origin;
    const scale = pixelRatio / resolution;
    context.setTransform(
      scale,
      0,
      0,
      -scale,
      (width / 2) * pixelRatio - (x - originX) * scale,
      (height / 2) * pixelRatio + (y - originY) * scale,
    );
    const [minX = 0, minY = 0, maxX = 0, maxY = 0] = extent;
    const seen = [minX - originX, minY - originY, maxX - originX, maxY - originY];
    const metres = resolution * metresPerUnit(crsOf(projection.getCode()));
    this.#drawAll(new Brush(context, seen, resolution), drawing, viewState.center, metres);
  }

  #drawAll(brush: Brush, drawing: Drawing, center: readonly number[], metresPerPixel: number): void {
    const { fine, coarse } = this.#worlds;
    const world = metresPerPixel > COARSE_FROM ? (coarse ?? fine) : (fine ?? coarse);
    const colours = this.#palette;
    if (world !== undefined) brush.fill(drawing.outlines(world).land, colours.land);
    const { lines, crossings } = drawing.graticule.at(center, metresPerPixel);
    brush.stroke(lines, colours.grid, 1);
    brush.write(crossings, colours.country);
    if (world !== undefined) {
      brush.stroke(drawing.outlines(world).borders, colours.border, 0.9);
      brush.stroke(drawing.outlines(world).coasts, colours.coast, 0.8);
    }
    if (metresPerPixel < 9000)
      brush.stroke(drawing.railways, colours.railway, metresPerPixel < 2500 ? 1.3 : 0.8);
  }
}

/** Draws the visible pieces. */
class Brush {
  readonly #context: CanvasRenderingContext2D;
  readonly #seen: Extent;
  readonly #unitsPerPixel: number;

  constructor(context: CanvasRenderingContext2D, seen: Extent, unitsPerPixel: number) {
    this.#context = context;
    this.#seen = seen;
    this.#unitsPerPixel = unitsPerPixel;
    context.lineJoin = 'round';
  }

  fill(pieces: readonly Piece[], colour: string): void {
    this.#context.fillStyle = colour;
    for (const { path, extent } of pieces) {
      if (intersects(extent, this.#seen)) this.#context.fill(path, 'evenodd');
    }
  }

  /** Names crossings, beside them. */
  write(crossings: readonly Crossing[], colour: string): void {
    const context = this.#context;
    context.fillStyle = colour;
    for (const { text, position } of crossings) {
      if (!containsXY(this.#seen, ...position)) continue;
      context.save();
      context.translate(...position);
      // Letters are upright, and their size is in CSS pixels.
      context.scale(this.#unitsPerPixel, -this.#unitsPerPixel);
      context.font = FONT;
      context.fillText(text, 4, -4);
      context.restore();
    }
  }

  /** @param width in CSS pixels */
  stroke(pieces: readonly Piece[], colour: string, width: number): void {
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = width * this.#unitsPerPixel;
    for (const { path, extent } of pieces) {
      if (intersects(extent, this.#seen)) this.#context.stroke(path);
    }
  }
}
