// Writes deploy/prometheus/rules into components/monitoring/prometheus-rule.yaml, where the Prometheus Operator takes
// them from: neither it nor Prometheus reads the other's form, and kustomize cannot change one into the other.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

const RULES = new URL('../../deploy/prometheus/rules/', import.meta.url);
const TARGET = new URL('../components/monitoring/prometheus-rule.yaml', import.meta.url);

const groups = readdirSync(RULES)
  .sort()
  .flatMap((file) => parse(readFileSync(new URL(file, RULES), 'utf8')).groups);
const rule = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: 'viaduct', labels: { release: 'kube-prometheus-stack' } },
  spec: { groups },
};
const origin =
  '# Written by k8s/tools/write-prometheus-rule.mjs from deploy/prometheus/rules: change them there.\n';
writeFileSync(TARGET, origin + stringify(rule, { lineWidth: 110 }));
