import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { containersOf, K8S } from './support/render.js';
import { KUSTOMIZATIONS, RENDERINGS } from './support/renderings.js';

interface Compose {
  services: Record<string, { image: string; build?: { args?: Record<string, string> } }>;
}

const packageVersion = (JSON.parse(readFileSync(`${K8S}../package.json`, 'utf8')) as { version: string })
  .version;

/** The images of compose, and those that it builds upon, for what is not built from this repository. */
const composeImages = ['docker-compose.yml', 'deploy/nginx/compose.yml', 'deploy/redis/compose.yml']
  .map((file) => parse(readFileSync(`${K8S}../${file}`, 'utf8'), { merge: true }) as Compose)
  .flatMap(({ services }) => Object.values(services))
  .flatMap(({ image, build }) => [image, build?.args?.NGINX_IMAGE]);

describe.each(RENDERINGS)('pods in $name', (rendering) => {
  const workloads = rendering.workloads.map((workload) => ({ workload, name: workload.metadata.name }));

  it.each(workloads)(
    '$name meets the standard "restricted", and has no privilege that it does not need',
    ({ workload }) => {
      const pod = workload.spec.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      // By number, because the kubelet cannot tell that a name is not root.
      expect(pod.securityContext?.runAsUser).toBeGreaterThan(0);
      for (const { securityContext } of containersOf(pod)) {
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    },
  );

  it.each(workloads)('$name requests CPU and memory, and has a memory limit', ({ workload }) => {
    for (const { name, resources } of containersOf(workload.spec.template.spec)) {
      expect(Object.keys(resources?.requests ?? {}).sort(), name).toEqual(['cpu', 'memory']);
      expect(Object.keys(resources?.limits ?? {}), name).toEqual(['memory']);
    }
  });

  it.each(workloads)('$name runs images of the tags that compose has, or of this version', ({ workload }) => {
    const ours = /^(?:registry\.example\.com\/)?viaduct\/(?:gateway|demo):(?<tag>.+)$/u;
    for (const { image } of containersOf(workload.spec.template.spec)) {
      const tag = ours.exec(image)?.groups?.tag;
      if (tag === undefined) expect(composeImages).toContain(image);
      else expect(['local', packageVersion]).toContain(tag);
    }
  });

  it.each(['gateway', 'edge'])('of the %s are spread over the nodes', (name) => {
    const { topologySpreadConstraints = [], affinity } = rendering.one('Deployment', name).spec.template.spec;
    const keys = topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
    expect(keys).toContain('kubernetes.io/hostname');
    if (rendering.name.includes('production')) {
      expect(keys).toContain('topology.kubernetes.io/zone');
      expect(affinity?.podAntiAffinity).toBeDefined();
    }
  });
});

it.each(KUSTOMIZATIONS)('the namespace of $name enforces the standard "restricted"', (rendering) => {
  const [namespace, ...more] = rendering.all('Namespace');
  expect(more).toEqual([]);
  expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
});

describe.each(RENDERINGS.filter(({ name }) => name.includes('production')))('$name', (rendering) => {
  it('has three pods of everything that clients connect to', () => {
    for (const name of ['edge', 'gateway'])
      expect(rendering.one('HorizontalPodAutoscaler', name).spec.minReplicas).toBeGreaterThanOrEqual(3);
  });

  it('names the class of its ingress controller, and trusts no more than one network of pods', () => {
    for (const { spec } of rendering.all('Ingress')) expect(spec.ingressClassName).toMatch(/^[a-z-]+$/u);
    const trusted = rendering.generated('ConfigMap', 'edge-settings').data.NGINX_TRUSTED_PROXY;
    expect(Number(/\/(\d+)$/u.exec(trusted ?? '')?.[1])).toBeGreaterThanOrEqual(16);
  });

  it('has no Redis, no feed and no password of its own', () => {
    expect(rendering.all('StatefulSet')).toEqual([]);
    expect(rendering.all('Secret')).toEqual([]);
    expect(rendering.workloads.map(({ metadata }) => metadata.name)).not.toContain('feed');
  });
});
