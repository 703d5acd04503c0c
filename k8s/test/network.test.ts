import { describe, expect, it } from 'vitest';
import { type Party, permits, tcp } from './support/network.js';
import { containersOf, type Rendering } from './support/render.js';
import { KUSTOMIZATIONS, RENDERINGS } from './support/renderings.js';

const OUTSIDE: Party = { labels: {}, namespace: {} };
const PROMETHEUS: Party = {
  labels: { 'app.kubernetes.io/name': 'prometheus' },
  namespace: { 'kubernetes.io/metadata.name': 'monitoring' },
};
const DNS: Party = {
  labels: { 'k8s-app': 'kube-dns' },
  namespace: { 'kubernetes.io/metadata.name': 'kube-system' },
};
const REDIS_PORT = 6379;

describe.each(RENDERINGS)('network policies in $name', (rendering) => {
  const policies = rendering.all('NetworkPolicy');
  const inCluster = rendering.all('StatefulSet').length > 0;
  const monitored = rendering.all('ServiceMonitor').length > 0;
  const demo = rendering.all('Deployment').some(({ metadata }) => metadata.name === 'feed');
  const redisClients = ['gateway', ...(demo ? ['feed'] : []), ...(monitored ? ['redis-exporter'] : [])];

  it('lets pods make the connections that they need, and no others', () => {
    const expected = [
      'edge to gateway:8080',
      ...(inCluster ? redisClients.map((client) => `${client} to redis:${REDIS_PORT}`) : []),
    ];
    expect(connections(rendering).sort()).toEqual(expected.sort());
  });

  it('is open to the outside at the edge alone', () => {
    expect(reachableBy(rendering, OUTSIDE)).toEqual(['edge:8080']);
  });

  it('is open to Prometheus where it scrapes, if it does', () => {
    const scraped = ['edge:9113', 'edge:8082', 'gateway:8080', 'redis-exporter:9121'];
    expect(reachableBy(rendering, PROMETHEUS).sort()).toEqual(
      ['edge:8080', ...(monitored ? scraped : [])].sort(),
    );
  });

  it('cuts off a pod that they do not know, if the namespace is theirs alone', () => {
    const stranger: Party = { labels: {} };
    // The namespace of a release may have other pods. They must not notice the chart, and may be clients.
    const isAlone = KUSTOMIZATIONS.includes(rendering);
    expect(reachableBy(rendering, stranger)).toEqual(isAlone ? [] : ['edge:8080']);
    for (const port of [80, 8080, REDIS_PORT].map(tcp)) {
      expect(permits(policies, OUTSIDE, stranger, port)).toBe(!isAlone);
      expect(permits(policies, stranger, OUTSIDE, port)).toBe(!isAlone);
    }
  });

  it('lets every pod resolve names', () => {
    for (const { name, party } of parties(rendering)) {
      for (const protocol of ['TCP', 'UDP'] as const)
        expect(permits(policies, party, DNS, { port: 53, protocol }), name).toBe(true);
    }
  });

  it('allows connections elsewhere only to pods that use a Redis or read the keys of tokens there', () => {
    const out = parties(rendering).filter(({ party }) => permits(policies, party, OUTSIDE, tcp(REDIS_PORT)));
    expect(out.map(({ name }) => name).sort()).toEqual(inCluster ? [] : redisClients.sort());
    const overHttps = parties(rendering).filter(({ party }) => permits(policies, party, OUTSIDE, tcp(443)));
    const readsKeys = policies.some(({ metadata }) => metadata.name === 'key-server');
    expect(overHttps.map(({ name }) => name)).toEqual(readsKeys ? ['gateway'] : []);
  });
});

function parties(rendering: Rendering): { name: string; party: Party; ports: number[] }[] {
  return rendering.workloads.map(({ metadata, spec }) => ({
    name: metadata.name,
    party: { labels: spec.template.metadata.labels },
    ports: containersOf(spec.template.spec).flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => containerPort),
    ),
  }));
}

/** All connections between pods of different workloads that the policies permit. */
function connections(rendering: Rendering): string[] {
  return parties(rendering).flatMap(({ name, party }) =>
    reachableBy(rendering, party)
      .filter((target) => !target.startsWith(`${name}:`))
      .map((target) => `${name} to ${target}`),
  );
}

function reachableBy(rendering: Rendering, from: Party): string[] {
  const policies = rendering.all('NetworkPolicy');
  return parties(rendering).flatMap(({ name, party, ports }) =>
    ports.filter((port) => permits(policies, from, party, tcp(port))).map((port) => `${name}:${port}`),
  );
}
