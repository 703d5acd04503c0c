import { readFigures } from '../../bench/dist/figures.js';
import { FIGURES } from '../../bench/dist/paths.js';
import { generatedPage } from './generated-page.mjs';

/** The pages that show results of the benchmark, with the saved results. */
export function figurePages() {
  const parts = Object.entries(readFigures(FIGURES));
  return Object.fromEntries(parts.map(([page, generated]) => [page, generatedPage(page, generated)]));
}
