import { enableGestures, positionIn } from './gestures.js';

/** @typedef {import('./base-map.js').BaseMap} BaseMap */
/** @typedef {import('./traffic.js').Traffic} Traffic */
/** @typedef {import('./traffic.js').Vehicle} Vehicle */
/** @typedef {import('./view.js').View} View */

/** How near the pointer has to be to a vehicle to read about it, in pixels. */
const REACH = 14;

/** Speed in km/h that makes a tail longer by one pixel. */
const TAIL_SPEED = { train: 22, plane: 55 };

const COLOURS = ['sea', 'land', 'coast', 'border', 'grid', 'label', 'place', 'train', 'plane', 'gone'];

/** Draws the base map when the view changes, and the vehicles in every frame. */
export class MapCanvas {
  #element;
  #view;
  #traffic;
  #base;
  #overlay;
  /** @type {BaseMap | null} */
  #baseMap = null;
  #baseIsStale = true;
  /** @type {Record<string, string>} */
  #colours = {};
  /** @type {[number, number] | null} */
  #pointer = null;
  #tooltip;
  #calm = matchMedia('(prefers-reduced-motion: reduce)');

  /**
   * @param {HTMLElement} element holds two canvases and a tooltip
   * @param {View} view
   * @param {Traffic} traffic
   */
  constructor(element, view, traffic) {
    this.#element = element;
    this.#view = view;
    this.#traffic = traffic;
    const [base, overlay] = element.querySelectorAll('canvas');
    const tooltip = element.querySelector('output');
    if (!base || !overlay || !tooltip) throw new Error('The map needs two canvases and an output element.');
    this.#base = base;
    this.#overlay = overlay;
    this.#tooltip = tooltip;
    enableGestures(element, view);
    element.addEventListener('pointermove', (event) => {
      this.#pointer = positionIn(element, event);
    });
    element.addEventListener('pointerleave', () => {
      this.#pointer = null;
    });
    view.addEventListener('change', () => {
      this.#baseIsStale = true;
    });
    new ResizeObserver(() => this.#resize()).observe(element);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#readColours());
    this.#readColours();
    this.#resize();
    requestAnimationFrame(() => this.#frame());
  }

  /** @param {BaseMap} baseMap */
  setBaseMap(baseMap) {
    this.#baseMap = baseMap;
    this.#baseIsStale = true;
  }

  #readColours() {
    const style = getComputedStyle(this.#element);
    this.#colours = Object.fromEntries(
      COLOURS.map((name) => [name, style.getPropertyValue(`--map-${name}`).trim()]),
    );
    this.#baseIsStale = true;
  }

  #resize() {
    const { clientWidth, clientHeight } = this.#element;
    for (const canvas of [this.#base, this.#overlay]) {
      canvas.width = Math.round(clientWidth * devicePixelRatio);
      canvas.height = Math.round(clientHeight * devicePixelRatio);
    }
    this.#view.resize(clientWidth, clientHeight);
  }

  #frame() {
    if (this.#baseIsStale && this.#baseMap) {
      this.#baseMap.draw(contextOf(this.#base), this.#view, this.#colours);
      this.#baseIsStale = false;
    }
    this.#drawTraffic(performance.now());
    requestAnimationFrame(() => this.#frame());
  }

  /** @param {number} now */
  #drawTraffic(now) {
    const context = contextOf(this.#overlay);
    const view = this.#view;
    context.clearRect(0, 0, view.width, view.height);
    /** @type {{ vehicle: Vehicle, px: number, py: number, distance: number } | null} */
    let nearest = null;
    this.#traffic.forEach(now, !this.#calm.matches, (vehicle, [x, y], strength) => {
      const [px, py] = view.toScreen(x, y);
      if (px < -20 || py < -20 || px > view.width + 20 || py > view.height + 20) return;
      const { type, heading } = vehicle.properties;
      context.globalAlpha = strength;
      const colours = {
        fill: this.#colours[strength < 1 ? 'gone' : type] ?? '',
        halo: this.#colours.land ?? '',
      };
      drawVehicle(context, vehicle.properties, [px, py], view.projection.direction(heading, y), colours);
      const distance = this.#pointer ? Math.hypot(px - this.#pointer[0], py - this.#pointer[1]) : REACH;
      if (distance < (nearest?.distance ?? REACH)) nearest = { vehicle, px, py, distance };
    });
    context.globalAlpha = 1;
    this.#showTooltip(nearest);
  }

  /** @param {{ vehicle: Vehicle, px: number, py: number } | null} target */
  #showTooltip(target) {
    this.#tooltip.hidden = target === null;
    if (!target) return;
    const { name, next, speed } = target.vehicle.properties;
    const text = `${name}\n${speed} km/h, next ${next}`;
    if (this.#tooltip.textContent !== text) this.#tooltip.textContent = text;
    const half = this.#tooltip.offsetWidth / 2 + 6;
    const left = Math.min(Math.max(target.px, half), this.#view.width - half);
    const below = target.py < 70;
    this.#tooltip.style.transform = `translate(${left}px, ${target.py + (below ? 14 : -14)}px) translate(-50%, ${below ? 0 : -100}%)`;
  }
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw on a canvas.');
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return context;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Vehicle['properties']} properties
 * @param {import('./projections.js').Point} position in pixels
 * @param {number} direction radians clockwise from up
 * @param {{ fill: string, halo: string }} colours
 */
function drawVehicle(context, { type, speed }, [px, py], direction, { fill, halo }) {
  const [ahead, right] = [Math.sin(direction), Math.cos(direction)];
  /** A point so far ahead of the vehicle and so far to its right. */
  const at = (/** @type {number} */ forward, /** @type {number} */ side) =>
    /** @type {const} */ ([px + forward * ahead + side * right, py - forward * right + side * ahead]);
  const strength = context.globalAlpha;
  // A tail says where it comes from and how fast it is, also in a picture that stands still.
  context.globalAlpha = strength * 0.5;
  context.lineWidth = 1.6;
  context.strokeStyle = fill;
  context.beginPath();
  context.moveTo(...at(-speed / TAIL_SPEED[type], 0));
  context.lineTo(px, py);
  context.stroke();
  context.globalAlpha = strength;
  context.beginPath();
  if (type === 'train') {
    context.arc(px, py, 3.2, 0, 2 * Math.PI);
  } else {
    context.moveTo(...at(6.5, 0));
    context.lineTo(...at(-4.5, 4));
    context.lineTo(...at(-2.5, 0));
    context.lineTo(...at(-4.5, -4));
    context.closePath();
  }
  context.lineWidth = 1.6;
  context.strokeStyle = halo;
  context.stroke();
  context.fillStyle = fill;
  context.fill();
}
