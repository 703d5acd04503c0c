import type { Labels, Selector } from './objects.js';

/** Whether a selector picks these labels. The empty one picks all. */
export function selects(selector: Selector, labels: Labels): boolean {
  const unknown = Object.keys(selector).find((key) => key !== 'matchLabels');
  if (unknown !== undefined) throw new Error(`this test does not know the selector ${unknown}`);
  return Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}
