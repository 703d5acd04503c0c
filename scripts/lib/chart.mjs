import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT } from '../../services/gateway/dist/index.js';
import { formatted } from './format.mjs';
import { ROOT } from './workspace.mjs';

const CHART = 'deploy/helm/viaduct/';

/** What the chart shares with compose and kustomize. Helm reads only files inside of the chart, so it has copies. */
const SHARED = {
  'nginx.conf': 'deploy/nginx/nginx.conf',
  'nginx.env': 'deploy/nginx/nginx.env',
  'viaduct.conf.template': 'deploy/nginx/templates/viaduct.conf.template',
  'gateway.env': 'k8s/base/gateway.env',
  'redis.conf': 'k8s/components/redis/redis.conf',
  ...filesOf('rules', 'deploy/prometheus/rules'),
  ...filesOf('dashboards', 'deploy/grafana/dashboards'),
};

/** Settings that follow from other values of the chart. */
const SET_BY_CHART = ['PORT', 'ADMIN_PORT', 'NGINX_GATEWAYS', 'NGINX_STATUS_LOG'];

/** The types that a setting may have; Helm turns them into text. */
const SETTING = { type: ['string', 'integer', 'boolean'] };

function filesOf(/** @type {string} */ name, /** @type {string} */ folder) {
  return Object.fromEntries(
    readdirSync(join(ROOT, folder)).map((file) => [`${name}/${file}`, `${folder}/${file}`]),
  );
}

/**
 * The files of the chart that follow from others, by their path in the repository.
 *
 * @returns {Record<string, string>}
 */
export function chartFiles() {
  const { version } = JSON.parse(read('packages/protocol/package.json'));
  const copies = Object.entries(SHARED).map(([copy, original]) => [`${CHART}files/${copy}`, read(original)]);
  return {
    ...Object.fromEntries(copies),
    [`${CHART}Chart.yaml`]: read(`${CHART}Chart.yaml`)
      .replace(/^version: .*$/mu, `version: ${version}`)
      .replace(/^appVersion: .*$/mu, `appVersion: "${version}"`),
    [`${CHART}values.schema.json`]: valuesSchema(),
  };
}

/** The schema of the values, which lists the settings that the gateway and nginx know. */
function valuesSchema() {
  const file = `${CHART}values.schema.json`;
  const schema = JSON.parse(read(file));
  const { gateway, edge } = schema.properties;
  const ofNginx = [...read('deploy/nginx/nginx.env').matchAll(/^(\w+)=/gmu)].map(([, name = '']) => name);
  const all = new Set(ENVIRONMENT);
  // Secrets, and what is too long for a line: their files are keys of the Secret.
  const ofGateway = ENVIRONMENT.filter((name) => !all.has(`${name}_FILE`));
  gateway.properties.settings.properties = settings(ofGateway);
  edge.properties.settings.properties = settings(ofNginx);
  return formatted(file, JSON.stringify(schema));
}

function settings(/** @type {readonly string[]} */ names) {
  const own = names.filter((name) => !SET_BY_CHART.includes(name));
  return Object.fromEntries(own.map((name) => [name, SETTING]));
}

function read(/** @type {string} */ file) {
  return readFileSync(join(ROOT, file), 'utf8');
}
