import type { Palette } from '../map/palette.js';
import { drawSymbol, type Kind, SYMBOL_SIZE } from '../map/symbols.js';

/** A vehicle's symbol as an element, as on the map. Text beside it must explain it. */
export function symbolElement(kind: Kind, colours: Palette): HTMLCanvasElement {
  const canvas = drawSymbol(kind, colours[kind], colours.halo, devicePixelRatio);
  canvas.style.width = `${SYMBOL_SIZE}px`;
  canvas.style.height = `${SYMBOL_SIZE}px`;
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}

/** Puts the symbols into the legend, in the colours of the map. */
export function drawLegend(colours: Palette): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-symbol]')) {
    const { symbol } = place.dataset;
    if (symbol === 'train' || symbol === 'plane') place.replaceChildren(symbolElement(symbol, colours));
  }
}
