/** The kinds of vehicles in the feed. */
export type Kind = 'train' | 'plane';

/** Side of a symbol's square in CSS pixels, with room for its halo. */
export const SYMBOL_SIZE = 26;

/** Outlines in a square of 24 by 24 around 0, 0; both point up. */
const OUTLINES: Record<Kind, string> = {
  plane:
    'M0 -10.5 C0.9 -10.5 1.5 -9.2 1.5 -7.6 L1.5 -3.3 L9.3 1.9 L9.3 4 L1.5 1.7 L1.2 6.3 L3.7 8.2 L3.7 9.8 L0 8.8 L-3.7 9.8 L-3.7 8.2 L-1.2 6.3 L-1.5 1.7 L-9.3 4 L-9.3 1.9 L-1.5 -3.3 L-1.5 -7.6 C-1.5 -9.2 -0.9 -10.5 0 -10.5 Z',
  train:
    'M0 -8.6 C2.3 -8.6 3.7 -5.4 3.7 -2.8 L3.7 6.2 C3.7 7.5 2.9 8.3 1.7 8.3 L-1.7 8.3 C-2.9 8.3 -3.7 7.5 -3.7 6.2 L-3.7 -2.8 C-3.7 -5.4 -2.3 -8.6 0 -8.6 Z',
};

/**
 * Draws a vehicle that points up.
 *
 * @param density pixels of the picture per CSS pixel
 */
export function drawSymbol(kind: Kind, colour: string, halo: string, density: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(SYMBOL_SIZE * density);
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const outline = new Path2D(OUTLINES[kind]);
  context.scale(density, density);
  context.translate(SYMBOL_SIZE / 2, SYMBOL_SIZE / 2);
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = halo;
  context.stroke(outline);
  context.fillStyle = colour;
  context.fill(outline);
  if (kind === 'train') drawWindscreen(context, halo);
  return canvas;
}

/** A light front shows where a train is going. */
function drawWindscreen(context: CanvasRenderingContext2D, colour: string): void {
  context.fillStyle = colour;
  context.fill(new Path2D('M-2.1 -3.6 C-1.4 -5.2 1.4 -5.2 2.1 -3.6 L1.8 -1.7 L-1.8 -1.7 Z'));
}
