import { readFileSync } from 'node:fs';
import { loadConfig } from '@viaduct/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentOf } from './support/data.js';
import { CHART, HAS_OTHER_HELM, helm, renderRelease, VALUES } from './support/helm.js';
import type { MonitoredEndpoint } from './support/objects.js';
import { containerOf, Rendering } from './support/render.js';
import { selects } from './support/selector.js';

const INSTALLATIONS = Object.entries(VALUES);
const EVERYTHING = ['redis.yaml', 'everything.yaml'];

/** The label `release` that an endpoint of a monitor gives to its targets. */
function releaseLabel({ relabelings = [] }: MonitoredEndpoint): string | undefined {
  return relabelings.find(({ targetLabel }) => targetLabel === 'release')?.replacement;
}

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe.each(INSTALLATIONS)('the chart with the values %s', (_, values) => {
  it('passes the linter of Helm', () => {
    const { ok, text } = helm(['lint', '--strict'], values);
    expect(text).not.toMatch(/\[(?:WARNING|ERROR)\]/u);
    expect(ok).toBe(true);
  });

  if (HAS_OTHER_HELM) {
    it('renders the same with the Helm on the PATH, which lints it too', () => {
      const objects = (program?: string) =>
        new Rendering('chart', helm(['template', 'acme'], values, program).output).objects;
      expect(objects().length).toBeGreaterThan(10);
      expect(objects('helm')).toEqual(objects());
      expect(helm(['lint', '--strict'], values, 'helm').ok).toBe(true);
    });
  }
});

describe('two releases in a namespace', () => {
  const [acme, globex] = ['acme', 'globex'].map((release) => renderRelease(release, EVERYTHING));
  if (acme === undefined || globex === undefined) throw new Error('there are no releases');

  it('share no name, and have only objects in their namespace', () => {
    const names = ({ objects }: Rendering) => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    const shared = new Set(names(globex));
    expect(shared.size).toBeGreaterThan(10);
    expect(names(acme).filter((name) => shared.has(name))).toEqual([]);
    // Such as a ClusterRole, whose name would be taken in the whole cluster.
    for (const { objects } of [acme, globex])
      expect(objects.filter(({ metadata }) => metadata.namespace !== 'viaduct')).toEqual([]);
  });

  it('do not select the pods and Services of each other', () => {
    const selectors = [
      ...acme.workloads.map(({ spec }) => spec.selector),
      ...acme.workloads.flatMap(({ spec }) =>
        (spec.template.spec.topologySpreadConstraints ?? []).map(({ labelSelector }) => labelSelector),
      ),
      ...acme.all('Service').map(({ spec }) => ({ matchLabels: spec.selector })),
      ...acme.all('PodDisruptionBudget').map(({ spec }) => spec.selector),
      ...acme.all('PodMonitor').map(({ spec }) => spec.selector),
      ...acme
        .all('NetworkPolicy')
        .flatMap(({ spec }) => [
          spec.podSelector,
          ...[...(spec.ingress ?? []), ...(spec.egress ?? [])]
            .flatMap(({ from = [], to = [] }) => [...from, ...to])
            .flatMap((peer) => (peer.namespaceSelector === undefined ? [peer.podSelector ?? {}] : [])),
        ]),
    ];
    const selected = ({ workloads }: Rendering) =>
      selectors.map(
        (selector) => workloads.filter(({ spec }) => selects(selector, spec.template.metadata.labels)).length,
      );
    expect(Math.min(...selected(acme))).toBe(1);
    expect(Math.max(...selected(globex))).toBe(0);

    const [monitor] = acme.all('ServiceMonitor');
    const services = globex.all('Service').map(({ metadata }) => metadata.labels ?? {});
    expect(services.filter((labels) => selects(monitor?.spec.selector ?? {}, labels))).toEqual([]);
  });

  it('have the same rules, which distinguish the targets of the releases by a label', () => {
    const rules = acme.one('PrometheusRule', 'acme-viaduct').spec;
    expect(globex.one('PrometheusRule', 'globex-viaduct').spec).toEqual(rules);
    const releasesOf = (rendering: Rendering) => [
      ...rendering.all('ServiceMonitor').flatMap(({ spec }) => spec.endpoints.map(releaseLabel)),
      ...rendering.all('PodMonitor').flatMap(({ spec }) => spec.podMetricsEndpoints.map(releaseLabel)),
    ];
    expect(releasesOf(acme)).toEqual(['acme', 'acme', 'acme', 'acme']);
    expect(releasesOf(globex)).toEqual(['globex', 'globex', 'globex', 'globex']);
    // The job is the name of the pods' label, which does not depend on the release.
    expect(JSON.stringify(rules)).toContain('job=\\"gateway\\"');
    expect(acme.all('ServiceMonitor')[0]?.spec.jobLabel).toBe('app.kubernetes.io/name');
  });

  it('have names in which the rules find the release', () => {
    const text = readFileSync(`${CHART}files/rules/recording.yml`, 'utf8');
    const [, pattern] = /"release", "\$1", "deployment", "([^"]+)"/u.exec(text) ?? [];
    const releases = acme
      .all('Deployment')
      .flatMap(({ metadata }) => new RegExp(`^${pattern}$`, 'u').exec(metadata.name)?.[1] ?? []);
    expect(releases).toEqual(['acme']);
  });
});

it('every object has the labels that Helm recommends', () => {
  for (const { kind, metadata } of renderRelease('acme', EVERYTHING).objects) {
    expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
      'app.kubernetes.io/part-of': 'viaduct',
      'app.kubernetes.io/instance': 'acme',
      'app.kubernetes.io/managed-by': 'Helm',
      'helm.sh/chart': expect.stringMatching(/^viaduct-\d/u),
    });
  }
});

it('an image with a digest is named by it, for gateways and what counts the answers of nginx', () => {
  const values = [`gateway.image.digest="${DIGEST}"`, `edge.image.digest="${DIGEST}"`, ...EVERYTHING];
  const rendering = renderRelease('acme', values);
  expect(imageOf(rendering, 'gateway', 'gateway')).toBe(`viaduct/gateway@${DIGEST}`);
  expect(imageOf(rendering, 'edge', 'answers')).toBe(`viaduct/gateway@${DIGEST}`);
  expect(imageOf(rendering, 'edge', 'nginx')).toBe(`nginx@${DIGEST}`);
});

it('a tag may have a digest behind it, as Renovate writes it', () => {
  const rendering = renderRelease('acme', [`edge.image.tag="1.30-alpine@${DIGEST}"`]);
  expect(imageOf(rendering, 'edge', 'nginx')).toBe(`nginx:1.30-alpine@${DIGEST}`);
});

describe('a changed value', () => {
  const before = renderRelease('acme');

  it('replaces the pods whose settings it changes, and no others', () => {
    const gateway = renderRelease('acme', ['gateway.settings.LOG_LEVEL="warn"']);
    expect(templateOf(gateway, 'gateway')).not.toEqual(templateOf(before, 'gateway'));
    expect(templateOf(gateway, 'edge')).toEqual(templateOf(before, 'edge'));
    const edge = renderRelease('acme', ['edge.settings.NGINX_MAX_ARRIVALS=20']);
    expect(templateOf(edge, 'edge')).not.toEqual(templateOf(before, 'edge'));
    expect(templateOf(edge, 'gateway')).toEqual(templateOf(before, 'gateway'));
  });

  it('reaches the gateway as it is written, also a large number', () => {
    const values = ['gateway.settings.MAX_TOTAL_QUEUE_BYTES=1234567890', 'gateway.settings.NOTIFY=true'];
    const rendering = renderRelease('acme', values);
    expect(rendering.one('ConfigMap', 'acme-gateway-settings').data).toMatchObject({
      MAX_TOTAL_QUEUE_BYTES: '1234567890',
      NOTIFY: 'true',
      // From k8s/base/gateway.env.
      HEARTBEAT_MS: '10000',
    });
  });

  it('of DRAIN_MS gives gateways the time for it', () => {
    const { spec } = renderRelease('acme', ['gateway.settings.DRAIN_MS=60500']).one(
      'Deployment',
      'acme-gateway',
    );
    // preStop 5 s, and 1 s for the last closing handshakes.
    const needed = 60.5 + 5 + 1;
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(needed);
    expect(spec.minReadySeconds).toBeGreaterThan(needed);
  });

  it('of edge.service.type exposes the edge, and keeps the addresses of clients', () => {
    const service = renderRelease('acme', ['edge.service.type="LoadBalancer"']).one('Service', 'acme-edge');
    expect(service.spec).toMatchObject({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  });

  it('for pods reaches all of them', () => {
    const placement = { tolerations: [{ key: 'live', operator: 'Exists' }], nodeSelector: { disk: 'fast' } };
    const values = Object.entries({ ...placement, imagePullSecrets: [{ name: 'registry' }] });
    const rendering = renderRelease('acme', [
      ...EVERYTHING,
      ...values.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ]);
    expect(rendering.workloads.length).toBeGreaterThan(3);
    for (const { spec } of rendering.workloads)
      expect(spec.template.spec).toMatchObject(Object.fromEntries(values));
  });

  it('removes every label for the Prometheus Operator', () => {
    const values = [...EVERYTHING, 'monitoring.labels={"release":null}'];
    for (const kind of ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'] as const) {
      const objects = renderRelease('acme', values).all(kind);
      expect(objects.length).toBeGreaterThan(0);
      for (const { metadata } of objects) expect(metadata.labels).not.toHaveProperty('release');
    }
  });

  it('stops the exporter of Redis, and nothing else', () => {
    const replicas = (values: readonly string[]) =>
      renderRelease('acme', [...EVERYTHING, ...values])
        .all('Deployment')
        .map(({ metadata, spec }) => [metadata.name, spec.replicas]);
    const usual = replicas([]);
    expect(usual).toContainEqual(['acme-redis-exporter', 1]);
    expect(replicas(['monitoring.redisExporter.replicas=0'])).toEqual(
      usual.map(([name, count]) => [name, name === 'acme-redis-exporter' ? 0 : count]),
    );
  });

  it('turns network policies off', () => {
    const values = [...EVERYTHING, 'networkPolicies.enabled=false'];
    expect(renderRelease('acme', values).all('NetworkPolicy')).toEqual([]);
  });
});

it('with a Secret of your own, the chart makes none beside its Redis', () => {
  const rendering = renderRelease('acme', ['redis.yaml', 'gateway.existingSecret="mine"']);
  expect(rendering.all('Secret')).toEqual([]);
  const { volumes = [] } = rendering.one('Deployment', 'acme-gateway').spec.template.spec;
  expect(volumes.map(({ secret }) => secret?.secretName)).toEqual(['mine']);
});

it('the Redis of a release is the one that its gateways use', () => {
  const rendering = renderRelease('acme', ['redis.yaml']);
  const gateway = containerOf(rendering.one('Deployment', 'acme-gateway'), 'gateway');
  const environment = environmentOf(rendering, gateway);
  const { hostname, port } = new URL(environment.REDIS_URL ?? '');
  expect(rendering.one('Service', hostname).spec.ports.map((served) => String(served.port))).toEqual([port]);
  expect(loadConfig(environment).channels).toEqual(['trains']);
});

it('every value of values.yaml is in the schema, and every one of the schema in values.yaml', () => {
  const { properties } = JSON.parse(readFileSync(`${CHART}values.schema.json`, 'utf8')) as Schema;
  const { global: _, ...own } = properties ?? {};
  compare(parse(readFileSync(`${CHART}values.yaml`, 'utf8')), { properties: own }, '');
});

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
}

/** Where operators choose the names. */
const FREE = /\.(?:settings|resources|annotations|labels)$/u;

function compare(values: unknown, schema: Schema, path: string): void {
  const { properties } = schema.$ref === undefined ? schema : definition(schema.$ref);
  if (properties === undefined || FREE.test(path)) return;
  expect(Object.keys(values as object).sort(), path).toEqual(Object.keys(properties).sort());
  for (const [name, value] of Object.entries(values as object))
    compare(value, properties[name] ?? {}, `${path}.${name}`);
}

function definition(reference: string): Schema {
  const { definitions } = JSON.parse(readFileSync(`${CHART}values.schema.json`, 'utf8')) as {
    definitions: Record<string, Schema>;
  };
  return definitions[reference.replace('#/definitions/', '')] ?? {};
}

function imageOf(rendering: Rendering, workload: string, container: string): string {
  return containerOf(rendering.one('Deployment', `acme-${workload}`), container).image;
}

function templateOf(rendering: Rendering, workload: string) {
  return rendering.one('Deployment', `acme-${workload}`).spec.template;
}
