import { type Rendering, render } from './render.js';

export const OVERLAYS: readonly Rendering[] = ['overlays/demo', 'overlays/production'].map(render);

/** Both overlays again, each with every component that can be added to it. */
export const OVERLAYS_WITH_EVERYTHING: readonly Rendering[] = [
  'test/overlays/demo-with-everything',
  'test/overlays/production-with-everything',
].map(render);

export const RENDERINGS: readonly Rendering[] = [...OVERLAYS, ...OVERLAYS_WITH_EVERYTHING];
