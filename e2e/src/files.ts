import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from './engine.js';
import { run } from './shell.js';
import type { Tally } from './tally.js';

/** Timeout of a checker, which may have to install something first, in ms. */
const TIMEOUT_MS = 180_000;

/**
 * Checks manifests, the configuration of Prometheus and the dashboards with the engine's file checkers: schemas of
 * Kubernetes, promtool, schemas of Grafana. Without them, other suites check less.
 */
export async function checkFiles(engine: Engine, tally: Tally, root: string): Promise<void> {
  const overlays = join(root, 'k8s', 'overlays');
  const manifests = readdirSync(overlays).map((name) => join(overlays, name));
  const dashboards = join(root, 'deploy', 'grafana', 'dashboards');
  const prometheus = join(root, 'deploy', 'prometheus', 'prometheus.yml');
  const boards = readdirSync(dashboards).filter((name) => name.endsWith('.json'));
  await check(engine, tally, 'k8s-check.sh', manifests);
  await check(engine, tally, 'observability-check.sh', [
    '--config',
    prometheus,
    ...boards.map((name) => join(dashboards, name)),
  ]);
}

async function check(engine: Engine, tally: Tally, name: string, args: readonly string[]): Promise<void> {
  const checker = engine.checker(name);
  if (checker === null) return;
  await tally.part(name, async () => {
    await run(checker, args, { timeoutMs: TIMEOUT_MS });
    tally.expect(`${name} finds nothing wrong`, true);
  });
}
