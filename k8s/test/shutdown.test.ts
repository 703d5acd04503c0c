import { describe, expect, it } from 'vitest';
import type { Workload } from './support/objects.js';
import { containerOf } from './support/render.js';
import { RENDERINGS } from './support/renderings.js';

/** What a gateway allows for the last closing handshakes once DRAIN_MS is over. */
const LAST_HANDSHAKES_S = 1;

describe.each(RENDERINGS)('shutting down in $name', (rendering) => {
  const drainMs = Number(rendering.generated('ConfigMap', 'gateway-settings').data.DRAIN_MS);
  const { args = [] } = containerOf(rendering.one('Deployment', 'edge'), 'nginx');
  const workerShutdown = Number(/worker_shutdown_timeout (\d+)s;/u.exec(args.join(' '))?.[1]);

  it.each([
    { name: 'gateway', container: 'gateway', needs: drainMs / 1000 + LAST_HANDSHAKES_S },
    { name: 'edge', container: 'nginx', needs: workerShutdown },
  ])('gives the $name the time that it needs, and replaces one at a time', ({ name, container, needs }) => {
    const deployment = rendering.one('Deployment', name);
    const preStop = preStopSeconds(deployment, container);
    expect(needs).toBeGreaterThan(1);
    expect(preStop).toBeGreaterThan(0);
    expect(deployment.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(preStop + needs);
    // The next is not replaced before the last has gone.
    expect(deployment.spec.minReadySeconds).toBeGreaterThan(preStop + needs);
    expect(deployment.spec.strategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    });
  });

  it('takes gateways away more slowly than they drain', () => {
    const { behavior } = rendering.one('HorizontalPodAutoscaler', 'gateway').spec;
    const [policy, ...more] = behavior.scaleDown.policies;
    expect(more).toEqual([]);
    expect(policy).toMatchObject({ type: 'Pods', value: 1 });
    expect(policy?.periodSeconds).toBeGreaterThan(drainMs / 1000 + LAST_HANDSHAKES_S);
  });
});

function preStopSeconds(deployment: Workload, container: string): number {
  return containerOf(deployment, container).lifecycle?.preStop?.sleep?.seconds ?? 0;
}
