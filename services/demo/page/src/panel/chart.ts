import { byId } from './dom.js';
import { HISTORY_SECONDS, type Second } from './history.js';

const WIDTH = 300;
const HEIGHT = 56;

/** Space above the highest value, so that its line is not cut off. */
const HEADROOM = 3;

/** Published and received updates, as two areas over the last minute. */
export class Chart {
  readonly #published = byId('chart-published', SVGPathElement);
  readonly #received = byId('chart-received', SVGPathElement);

  draw(seconds: readonly Second[]): void {
    const top = Math.max(1, ...seconds.map(({ published, received }) => Math.max(published, received)));
    this.#published.setAttribute('d', area(seconds.map(({ published }) => published / top)));
    this.#received.setAttribute('d', area(seconds.map(({ received }) => received / top)));
  }
}

/** The outline of an area, its newest value at the right edge. @param values from 0 to 1 */
function area(values: readonly number[]): string {
  if (values.length < 2) return '';
  const step = WIDTH / (HISTORY_SECONDS - 1);
  const left = WIDTH - (values.length - 1) * step;
  const points = values.map((value, index) => {
    const y = HEIGHT - value * (HEIGHT - HEADROOM);
    return `${(left + index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${left.toFixed(1)} ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`;
}
