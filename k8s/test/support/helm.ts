import { spawnSync } from 'node:child_process';
import { K8S, Rendering } from './render.js';

/** The folder of the chart. */
export const CHART = `${K8S}../deploy/helm/viaduct/`;

/** The values files of an installation, of the chart or of this folder's `charts`. */
export const VALUES = {
  defaults: ['defaults.yaml'],
  production: [`${CHART}values-production.yaml`],
  'redis-with-everything': ['defaults.yaml', 'redis.yaml', 'everything.yaml'],
  'production-with-everything': [`${CHART}values-production.yaml`, 'everything.yaml'],
} as const;

/** A name that occurs in nothing else, so that it can be found in what Helm renders. */
export const RELEASE = 'r7x';

/** What a program printed, and whether it succeeded. */
interface Answer {
  ok: boolean;
  /** What it printed, warnings and errors included. */
  text: string;
  output: string;
}

/** The Helm of scripts/lib/helm.mjs. */
const HELM = process.env.HELM_PATH ?? 'helm';

/** Whether there is another one on the PATH, which then must agree with it. */
export const HAS_OTHER_HELM = spawnSync('helm', ['version']).status === 0;

/**
 * Runs Helm on the chart.
 *
 * @param command such as `['template', 'a']`
 * @param values files, of which those without a path are in `charts`; and `NAME=VALUE` as for `--set-json`
 * @param program a Helm other than the usual one
 */
export function helm(command: readonly string[], values: readonly string[] = [], program = HELM): Answer {
  const options = values.flatMap((value) => {
    if (value.includes('=')) return ['--set-json', value];
    return ['--values', value.includes('/') ? value : `${K8S}test/charts/${value}`];
  });
  const args = [...command, CHART, '--namespace', 'viaduct', ...options];
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    // Without the user's settings, and without a cluster.
    env: { PATH: process.env.PATH, HOME: '/nonexistent', KUBECONFIG: '/dev/null' },
  });
  if (error !== undefined) throw error;
  return { ok: status === 0, text: stdout + stderr, output: stdout };
}

/**
 * What Helm would send to a cluster for a release.
 *
 * @param values besides what has no default
 * @throws Error with what Helm says
 */
export function renderRelease(release: string, values: readonly string[] = []): Rendering {
  return new Rendering(`chart/${release}`, rendered(release, [...VALUES.defaults, ...values]));
}

/**
 * What Helm would send to a cluster, with the names that kustomize uses: without the release at their beginning.
 *
 * @throws Error with what Helm says
 */
export function renderChart(name: keyof typeof VALUES): Rendering {
  return new Rendering(`chart/${name}`, rendered(RELEASE, VALUES[name]).replaceAll(`${RELEASE}-`, ''));
}

function rendered(release: string, values: readonly string[]): string {
  const { ok, text, output } = helm(['template', release], values);
  if (!ok) throw new Error(text);
  return output;
}
