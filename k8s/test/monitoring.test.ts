import { readdirSync, readFileSync } from 'node:fs';
import { createGateway, loadConfig } from '@viaduct/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PrometheusRule } from './support/objects.js';
import { K8S, type Rendering, withoutHash } from './support/render.js';
import { WITH_EVERYTHING } from './support/renderings.js';
import { selects } from './support/selector.js';

/** The largest object of which `kubectl apply` can keep a copy in an annotation, in bytes. */
const ANNOTATION_LIMIT = 262_144;

const DEPLOY = `${K8S}../deploy/`;
const read = (file: string): string => readFileSync(DEPLOY + file, 'utf8');

describe.each(WITH_EVERYTHING)('monitoring in $name', (rendering) => {
  it('has the alert and recording rules of compose', () => {
    const groups = readdirSync(`${DEPLOY}prometheus/rules`).flatMap(
      (file) => (parse(read(`prometheus/rules/${file}`)) as PrometheusRule['spec']).groups,
    );
    expect(groups.length).toBeGreaterThan(1);
    // Where this fails: node k8s/tools/write-prometheus-rule.mjs
    expect(rendering.one('PrometheusRule', 'viaduct').spec.groups).toEqual(expect.arrayContaining(groups));
    expect(rendering.one('PrometheusRule', 'viaduct').spec.groups).toHaveLength(groups.length);
  });

  it('has every dashboard of compose, small enough to be applied', () => {
    const files = readdirSync(`${DEPLOY}grafana/dashboards`);
    expect(files.length).toBeGreaterThan(1);
    const found = rendering
      .all('ConfigMap')
      .filter(({ metadata }) => metadata.labels?.grafana_dashboard === '1');
    expect(Object.assign({}, ...found.map(({ data }) => data))).toEqual(
      Object.fromEntries(files.map((file) => [file, read(`grafana/dashboards/${file}`)])),
    );
    for (const dashboard of found) expect(JSON.stringify(dashboard).length).toBeLessThan(ANNOTATION_LIMIT);
    // A hash would leave the earlier dashboard beside every changed one.
    for (const { metadata } of found) expect(metadata.name).toBe(withoutHash(metadata.name));
  });

  it('scrapes ports that exist, each once', () => {
    const [monitor, ...more] = rendering.all('ServiceMonitor');
    expect(more).toEqual([]);
    const services = rendering
      .all('Service')
      .filter(({ metadata }) => selects(monitor?.spec.selector ?? {}, metadata.labels ?? {}));
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['gateway-headless']);
    expect(services[0]?.spec.ports.map(({ name }) => name)).toEqual(
      monitor?.spec.endpoints.map(({ port }) => port),
    );
    expect(podMonitorTargets(rendering)).toEqual([
      'edge/exporter',
      'edge/answers',
      'redis-exporter/exporter',
    ]);
  });

  it('scales on a metric that the gateways have and prometheus-adapter offers', () => {
    const metric = rendering
      .one('HorizontalPodAutoscaler', 'gateway')
      .spec.metrics.find(({ pods }) => pods !== undefined)?.pods?.metric.name;
    const values = readFileSync(
      `${K8S}components/scale-on-connections/prometheus-adapter-values.yaml`,
      'utf8',
    );
    const { rules } = parse(values) as { rules: { custom: { seriesQuery: string }[] } };
    expect(rules.custom.map(({ seriesQuery }) => seriesQuery.split('{')[0])).toEqual([metric]);
    const gateway = createGateway({ ...loadConfig({ REDIS_URL: 'memory:', LOG_LEVEL: 'silent' }) });
    expect(gateway.metrics.getSingleMetric(metric ?? '')).toBeDefined();
  });
});

/** `workload/container` for everything that PodMonitors scrape. */
function podMonitorTargets(rendering: Rendering): string[] {
  return rendering
    .all('PodMonitor')
    .flatMap(({ spec }) =>
      rendering.workloads
        .filter((workload) => selects(spec.selector, workload.spec.template.metadata.labels))
        .flatMap((workload) =>
          workload.spec.template.spec.containers
            .filter(({ ports = [] }) =>
              ports.some(({ name }) => spec.podMetricsEndpoints.some(({ port }) => port === name)),
            )
            .map(({ name }) => `${workload.metadata.name}/${name}`),
        ),
    );
}
