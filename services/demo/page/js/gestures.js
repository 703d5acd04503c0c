/** @typedef {import('./view.js').View} View */

/** Pixels by which an arrow key moves the map. */
const KEY_STEP = 80;

/** Zoom of one key press or button. */
export const ZOOM_STEP = 1.6;

/** @type {Record<string, (view: View) => void>} */
const KEYS = {
  ArrowLeft: (view) => view.pan(KEY_STEP, 0),
  ArrowRight: (view) => view.pan(-KEY_STEP, 0),
  ArrowUp: (view) => view.pan(0, KEY_STEP),
  ArrowDown: (view) => view.pan(0, -KEY_STEP),
  '+': (view) => view.zoom(ZOOM_STEP),
  '=': (view) => view.zoom(ZOOM_STEP),
  '-': (view) => view.zoom(1 / ZOOM_STEP),
};

/**
 * Lets mouse, touch and keys move a view.
 *
 * @param {HTMLElement} element which shows the view
 * @param {View} view
 */
export function enableGestures(element, view) {
  element.tabIndex = 0;
  element.addEventListener('keydown', (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act(view);
  });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 20 : event.deltaY;
      const [px, py] = positionIn(element, event);
      view.zoom(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 300), px, py);
    },
    { passive: false },
  );
  element.addEventListener('dblclick', (event) => view.zoom(ZOOM_STEP, ...positionIn(element, event)));
  enablePointers(element, view);
}

/**
 * One pointer drags, two pinch.
 *
 * @param {HTMLElement} element
 * @param {View} view
 */
function enablePointers(element, view) {
  /** @type {Map<number, [number, number]>} */
  const pointers = new Map();
  element.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, positionIn(element, event));
    element.classList.add('dragging');
  });
  element.addEventListener('pointermove', (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = grip([...pointers.values()]);
    pointers.set(event.pointerId, positionIn(element, event));
    const after = grip([...pointers.values()]);
    view.pan(after.x - before.x, after.y - before.y);
    if (before.spread > 0) view.zoom(after.spread / before.spread, after.x, after.y);
  });
  const release = (/** @type {PointerEvent} */ event) => {
    pointers.delete(event.pointerId);
    if (pointers.size === 0) element.classList.remove('dragging');
  };
  element.addEventListener('pointerup', release);
  element.addEventListener('pointercancel', release);
}

/**
 * Where the fingers are, taken together, and how far apart; 0 apart for a single one.
 *
 * @param {[number, number][]} points one or more
 */
function grip(points) {
  const x = points.reduce((sum, point) => sum + point[0], 0) / points.length;
  const y = points.reduce((sum, point) => sum + point[1], 0) / points.length;
  const spread =
    points.reduce((sum, point) => sum + Math.hypot(point[0] - x, point[1] - y), 0) / points.length;
  return { x, y, spread };
}

/**
 * @param {HTMLElement} element
 * @param {MouseEvent} event
 * @returns {[number, number]} pixels from the element's top left corner
 */
export function positionIn(element, event) {
  const { left, top } = element.getBoundingClientRect();
  return [event.clientX - left, event.clientY - top];
}
