import { renderChart } from './helm.js';
import { type Rendering, render } from './render.js';

export const OVERLAYS: readonly Rendering[] = ['overlays/demo', 'overlays/production'].map(render);

const OVERLAYS_WITH_EVERYTHING: readonly Rendering[] = [
  'test/overlays/demo-with-everything',
  'test/overlays/production-with-everything',
].map(render);

const CHARTS_WITH_EVERYTHING: readonly Rendering[] = (
  ['redis-with-everything', 'production-with-everything'] as const
).map(renderChart);

/** What kustomize renders. */
export const KUSTOMIZATIONS: readonly Rendering[] = [...OVERLAYS, ...OVERLAYS_WITH_EVERYTHING];

/** What has every component that can be added to it. */
export const WITH_EVERYTHING: readonly Rendering[] = [...OVERLAYS_WITH_EVERYTHING, ...CHARTS_WITH_EVERYTHING];

/** What kustomize renders, and what Helm renders of the chart. */
export const RENDERINGS: readonly Rendering[] = [...KUSTOMIZATIONS, ...CHARTS_WITH_EVERYTHING];
