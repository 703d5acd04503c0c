import { describe, expect, it } from 'vitest';
import { RELEASE, renderChart, VALUES } from './support/helm.js';
import type { KubernetesObject } from './support/objects.js';
import { type Rendering, render, withoutHash } from './support/render.js';

/** What only Helm's objects have: which release and chart they are of, and what replaces pods after a change. */
const OF_HELM = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
  'checksum/settings',
  'checksum/files',
];

/** What kustomize's monitors call their release. */
const RELEASE_OF_KUSTOMIZE = 'viaduct';

/** They select the pods of the release, and in kustomize's namespace everything. */
const FOR_EVERY_POD = ['default-deny', 'dns'];

/** The kustomization that must render the same as the chart. */
const COUNTERPARTS = {
  defaults: 'test/overlays/defaults',
  production: 'overlays/production',
  'redis-with-everything': 'test/overlays/redis-with-everything',
  'production-with-everything': 'test/overlays/production-with-everything',
} as const satisfies Record<keyof typeof VALUES, string>;

const names = Object.keys(VALUES) as (keyof typeof VALUES)[];

describe.each(names)('the chart with the values %s', (name) => {
  const chart = objectsOf(renderChart(name), ofHelm);
  const kustomization = objectsOf(render(COUNTERPARTS[name]), ofKustomize);

  it('has the objects of the kustomization', () => {
    expect(Object.keys(chart).sort()).toEqual(Object.keys(kustomization).sort());
  });

  it.each(Object.keys(kustomization))('has the same %s', (key) => {
    expect(chart[key]).toEqual(kustomization[key]);
  });
});

/** Objects by kind and name, in a form that does not depend on who rendered them. */
function objectsOf(rendering: Rendering, neutral: (object: KubernetesObject) => unknown) {
  const objects = rendering.objects
    // Helm makes the namespace itself, with --create-namespace.
    .filter(({ kind }) => kind !== 'Namespace')
    .map((object) => [`${object.kind} ${withoutHash(object.metadata.name)}`, inOrder(neutral(object))]);
  return Object.fromEntries(objects) as Record<string, unknown>;
}

function ofKustomize(object: KubernetesObject): unknown {
  const withNames = replaceStrings(object, withoutHash) as KubernetesObject & { data?: object };
  if (object.kind !== 'Secret') return withNames;
  const decoded = replaceStrings(withNames.data, (text) => Buffer.from(text, 'base64').toString());
  return { ...withNames, data: decoded };
}

function ofHelm(object: KubernetesObject): unknown {
  const named = replaceStrings(object, (text) => (text === RELEASE ? RELEASE_OF_KUSTOMIZE : text));
  const { stringData: data, ...rest } = withoutHelm(named) as Record<string, unknown>;
  if (object.kind === 'NetworkPolicy' && FOR_EVERY_POD.includes(object.metadata.name)) {
    const { podSelector, ...spec } = rest.spec as Record<string, unknown>;
    expect(podSelector).toEqual({ matchLabels: { 'app.kubernetes.io/part-of': 'viaduct' } });
    return { ...rest, spec: { ...spec, podSelector: {} } };
  }
  return data === undefined ? rest : { ...rest, data };
}

/** Leaves out what only Helm's objects have, and annotations that are empty without it. */
function withoutHelm(value: unknown): unknown {
  return mapMembers(value, withoutHelm, (key, member) => {
    return !OF_HELM.includes(key) && !(key === 'annotations' && JSON.stringify(member) === '{}');
  });
}

function replaceStrings(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  return mapMembers(value, (member) => replaceStrings(member, replace));
}

/** Sorts lists of named things, whose order means nothing but for variables that refer to others (settings.test.ts). */
function inOrder(value: unknown): unknown {
  const ordered = mapMembers(value, inOrder);
  if (!Array.isArray(ordered) || typeof ordered[0] !== 'object') return ordered;
  return ordered.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function mapMembers(
  value: unknown,
  map: (member: unknown) => unknown,
  keep: (key: string, mapped: unknown) => boolean = () => true,
): unknown {
  if (Array.isArray(value)) return value.map(map);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const members = sorted.map(([key, member]) => [key, map(member)] as const);
  return Object.fromEntries(members.filter(([key, member]) => keep(key, member)));
}
