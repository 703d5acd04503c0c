/**
 * An element of the page by its id.
 *
 * @throws Error if it is missing or of another kind
 */
export function byId<T extends Element>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} called ${id}.`);
}

/** Sets the text of an element unless it already has it. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
