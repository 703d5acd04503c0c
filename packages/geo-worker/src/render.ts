import type { PlannedText } from './message-text.js';
import type { Placed } from './placed.js';
import { EDIT_SIZE, Edit, FEATURE_SIZE } from './text-plan.js';
import type { View } from './view.js';

/** Writes a message in a view: its text, with the edits of a plan. */
export class Renderer {
  readonly #planned: PlannedText;
  readonly #placed: Placed;
  readonly #swapped: boolean;
  readonly #hasLongNumbers: boolean;

  /** @param placed the message's geometry as the view sends it */
  constructor(planned: PlannedText, placed: Placed, { crs, axisOrder }: View) {
    this.#planned = planned;
    this.#placed = placed;
    this.#hasLongNumbers = placed.hasLongNumbers;
    this.#swapped = axisOrder === 'crs' && crs.swapsAxes;
  }

  whole(): string {
    return this.#span(0, this.#planned.text.length, 0);
  }

  /** A FeatureCollection with some of its features, given by their indices in ascending order. */
  withFeatures(indices: readonly number[]): string {
    const { features } = this.#planned.plan;
    const start = features[0] ?? 0;
    const end = features[features.length - FEATURE_SIZE + 1] ?? 0;
    const kept = indices.map((index) => {
      const at = index * FEATURE_SIZE;
      return this.#span(features[at] ?? 0, features[at + 1] ?? 0, features[at + 2] ?? 0);
    });
    return this.#span(0, start, 0) + kept.join(',') + this.#span(end, this.#planned.text.length, 0);
  }

  /** The text from one offset to another; `edit` is the first edit (an offset in the plan) that it can contain. */
  #span(from: number, to: number, edit: number): string {
    const { text, plan } = this.#planned;
    let written = '';
    let at = from;
    for (let next = edit; next < plan.edits.length; next += EDIT_SIZE) {
      const start = plan.edits[next + 1] ?? 0;
      if (start >= to) break;
      // Before the span, or in a geometry that has become null.
      if (start < at) continue;
      const end = plan.edits[next + 2] ?? 0;
      const replacement = this.#replacement(next);
      if (replacement === null) continue;
      written += text.slice(at, start) + replacement;
      at = end;
    }
    return written + text.slice(at, to);
  }

  /** The replacement for an edit's span, or null if the span stays. */
  #replacement(edit: number): string | null {
    const { text, plan } = this.#planned;
    const kind = plan.edits[edit];
    const index = plan.edits[edit + 3] ?? 0;
    if (kind === Edit.drop) return '';
    if (kind === Edit.geometry) return this.#placed.isFailed(index) ? 'null' : null;
    const published = this.#hasLongNumbers ? text.slice(plan.edits[edit + 1], plan.edits[edit + 2]) : null;
    return this.#placed.coordinates(index, this.#swapped, published);
  }
}
