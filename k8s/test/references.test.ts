import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataOf, MADE_BY_HAND } from './support/data.js';
import type { PodSpec, Workload } from './support/objects.js';
import { containersOf, K8S, portNumber, type Rendering } from './support/render.js';
import { RENDERINGS } from './support/renderings.js';
import { selects } from './support/selector.js';

describe.each(RENDERINGS)('references in $name', (rendering) => {
  const workloads = rendering.workloads.map((workload) => ({ workload, name: workload.metadata.name }));

  it('gives everything a name of its own, in one namespace', () => {
    const others = rendering.objects.filter(({ kind }) => kind !== 'Namespace');
    const [namespace, ...more] = new Set(others.map(({ metadata }) => metadata.namespace));
    expect(namespace).toMatch(/^viaduct/u);
    expect(more).toEqual([]);
    for (const { metadata } of rendering.all('Namespace')) expect(metadata.name).toBe(namespace);
    const names = rendering.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    for (const { metadata } of rendering.objects)
      expect(metadata.labels, metadata.name).toHaveProperty(['app.kubernetes.io/part-of'], 'viaduct');
  });

  it.each(workloads)('$name selects its own pods and no others', ({ workload }) => {
    expect(selectedBy(rendering, workload.spec.selector)).toEqual([workload]);
    for (const { labelSelector } of workload.spec.template.spec.topologySpreadConstraints ?? [])
      expect(selectedBy(rendering, labelSelector)).toEqual([workload]);
  });

  it.each(workloads)('$name finds the keys of its ConfigMaps and Secrets', ({ workload }) => {
    const pod = workload.spec.template.spec;
    for (const { kind, name, key } of keyReferences(pod))
      expect(Object.keys(dataOf(rendering, kind, name))).toContain(key);
    for (const { kind, name } of wholeReferences(pod))
      expect(Object.keys(dataOf(rendering, kind, name)).length).toBeGreaterThan(0);
  });

  it.each(workloads)(
    '$name mounts volumes that it has, and has none that it does not mount',
    ({ workload }) => {
      const pod = workload.spec.template.spec;
      const claims = (workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
      const volumes = new Set([...(pod.volumes ?? []).map(({ name }) => name), ...claims]);
      const mounted = containersOf(pod).flatMap(({ volumeMounts = [] }) =>
        volumeMounts.map(({ name }) => name),
      );
      expect(new Set(mounted)).toEqual(volumes);
    },
  );

  it.each(workloads)('$name has the ports that its probes use', ({ workload }) => {
    for (const container of containersOf(workload.spec.template.spec)) {
      for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
        const port = (probe?.httpGet ?? probe?.tcpSocket)?.port;
        if (port !== undefined) expect(portNumber([container], port)).toBeGreaterThan(1023);
      }
    }
  });

  it('has for every Service one workload with its ports', () => {
    for (const { metadata, spec } of rendering.all('Service')) {
      const [workload, ...more] = selectedBy(rendering, { matchLabels: spec.selector });
      expect(more, metadata.name).toEqual([]);
      for (const { targetPort } of spec.ports)
        expect(portNumber(workload?.spec.template.spec.containers ?? [], targetPort)).toBeGreaterThan(1023);
    }
  });

  it('has a headless Service for every StatefulSet', () => {
    for (const { spec } of rendering.all('StatefulSet'))
      expect(rendering.one('Service', spec.serviceName ?? '').spec.clusterIP).toBe('None');
  });

  it('guards every workload of several pods by one disruption budget', () => {
    const guarded = rendering.all('PodDisruptionBudget').flatMap(({ spec }) => {
      expect(spec.maxUnavailable).toBe(1);
      return selectedBy(rendering, spec.selector);
    });
    expect(guarded.map(({ metadata }) => metadata.name).sort()).toEqual(['edge', 'gateway']);
  });

  it('scales a Deployment that leaves its number of replicas alone', () => {
    const scaled = rendering.all('HorizontalPodAutoscaler').map(({ spec }) => {
      expect(spec.minReplicas).toBeLessThan(spec.maxReplicas);
      expect(spec.scaleTargetRef).toMatchObject({ apiVersion: 'apps/v1', kind: 'Deployment' });
      return rendering.one('Deployment', spec.scaleTargetRef.name);
    });
    expect(scaled.map(({ metadata }) => metadata.name).sort()).toEqual(['edge', 'gateway']);
    for (const { spec } of scaled) expect(spec.replicas).toBeUndefined();
  });

  it('leads every Ingress to a port of a Service, under a host that its certificate has', () => {
    for (const { spec } of rendering.all('Ingress')) {
      for (const { host, http } of spec.rules) {
        expect(spec.tls.flatMap(({ hosts }) => hosts)).toContain(host);
        for (const { backend } of http.paths) {
          const { ports } = rendering.one('Service', backend.service.name).spec;
          expect(ports.map(({ name }) => name)).toContain(backend.service.port.name);
        }
      }
    }
  });

  it('has no ConfigMap and no Secret that is not used', () => {
    const used = rendering.workloads.flatMap(({ spec }) =>
      [...keyReferences(spec.template.spec), ...wholeReferences(spec.template.spec)].map(({ name }) => name),
    );
    const forPods = [...rendering.all('ConfigMap'), ...rendering.all('Secret')]
      .map(({ metadata }) => metadata)
      .filter(({ labels }) => labels?.grafana_dashboard === undefined);
    expect(forPods.length).toBeGreaterThan(0);
    for (const { name } of forPods) expect(used).toContain(name);
  });
});

it('has a README.md that says how to make the Secret that is in no file', () => {
  const [key] = Object.keys(MADE_BY_HAND.data);
  expect(readFileSync(`${K8S}README.md`, 'utf8')).toContain(
    `create secret generic ${MADE_BY_HAND.name} --from-literal=${key}=`,
  );
});

function selectedBy(rendering: Rendering, selector: Parameters<typeof selects>[0]): Workload[] {
  return rendering.workloads.filter(({ spec }) => selects(selector, spec.template.metadata.labels));
}

interface DataReference {
  kind: 'ConfigMap' | 'Secret';
  name: string;
}

/** ConfigMaps and Secrets of which a pod names a key. */
function keyReferences(pod: PodSpec): (DataReference & { key: string })[] {
  const inVariables = containersOf(pod).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => [
      ...keyed('Secret', valueFrom?.secretKeyRef),
      ...keyed('ConfigMap', valueFrom?.configMapKeyRef),
    ]),
  );
  const inVolumes = (pod.volumes ?? []).flatMap(({ configMap }) =>
    (configMap?.items ?? []).flatMap(({ key }) => keyed('ConfigMap', { name: configMap?.name ?? '', key })),
  );
  return [...inVariables, ...inVolumes];
}

function keyed(kind: DataReference['kind'], reference: { name: string; key: string } | undefined) {
  return reference === undefined ? [] : [{ kind, name: reference.name, key: reference.key }];
}

/** ConfigMaps and Secrets that a pod takes as a whole. */
function wholeReferences(pod: PodSpec): DataReference[] {
  const inVariables = containersOf(pod).flatMap(({ envFrom = [] }) =>
    envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...named('ConfigMap', configMapRef?.name),
      ...named('Secret', secretRef?.name),
    ]),
  );
  const inVolumes = (pod.volumes ?? []).flatMap(({ configMap, secret }) => [
    ...named('ConfigMap', configMap?.items === undefined ? configMap?.name : undefined),
    ...named('Secret', secret?.secretName),
  ]);
  return [...inVariables, ...inVolumes];
}

function named(kind: DataReference['kind'], name: string | undefined): DataReference[] {
  return name === undefined ? [] : [{ kind, name }];
}
