import { readFileSync } from 'node:fs';
import { createGateway, loadConfig } from '@viaduct/gateway';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Container, Probe } from './support/objects.js';
import { containerOf, K8S, portNumber } from './support/render.js';
import { OVERLAYS } from './support/renderings.js';

const template = readFileSync(`${K8S}../deploy/nginx/templates/viaduct.conf.template`, 'utf8');

describe.each(OVERLAYS)('probes in $name', (rendering) => {
  const gateway = containerOf(rendering.one('Deployment', 'gateway'), 'gateway');
  const nginx = containerOf(rendering.one('Deployment', 'edge'), 'nginx');
  const servers = [gateway, nginx, ...rendering.all('StatefulSet').map((set) => containerOf(set, 'redis'))];

  it('find a gateway with its source alive and ready', async () => {
    const url = await startGateway('memory:');
    expect(await statuses(url, gateway)).toEqual({ startup: 200, readiness: 200, liveness: 200 });
  });

  it('find a gateway that has lost Redis not ready, and do not restart it', async () => {
    const url = await startGateway('redis://127.0.0.1:1');
    expect(await statuses(url, gateway)).toEqual({ startup: 200, readiness: 503, liveness: 200 });
  });

  it('ask nginx for a location that its template has on that port', () => {
    for (const probe of Object.values(probesOf(nginx))) {
      const port = portNumber([nginx], probe?.httpGet?.port ?? '');
      const server = template.split(/^server \{/mu).find((block) => block.includes(`listen ${port};`));
      expect(server).toContain(`location = ${probe?.httpGet?.path} {`);
    }
  });

  it.each(servers)('take $name out of service quickly and restart it slowly', (container) => {
    const { readiness, liveness } = probesOf(container);
    expect(secondsToFail(readiness)).toBeLessThanOrEqual(30);
    expect(secondsToFail(liveness)).toBeGreaterThanOrEqual(120);
    expect(liveness?.timeoutSeconds).toBeGreaterThanOrEqual(10);
    expect(liveness?.exec).toBeUndefined();
  });

  it('take a gateway out of service in less than five seconds', () => {
    expect(secondsToFail(gateway.readinessProbe)).toBeLessThan(5);
  });
});

async function startGateway(redisUrl: string): Promise<string> {
  const config = loadConfig({ PORT: '0', REDIS_URL: redisUrl, LOG_LEVEL: 'silent' });
  const gateway = createGateway(config);
  onTestFinished(() => gateway.close());
  return (await gateway.start()).url;
}

function probesOf({ startupProbe, readinessProbe, livenessProbe }: Container) {
  return { startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe };
}

/** What a gateway answers to each probe of its container. */
async function statuses(url: string, container: Container): Promise<Record<string, number>> {
  const answers = Object.entries(probesOf(container)).map(async ([name, probe]) => {
    const { status } = await fetch(url + (probe?.httpGet?.path ?? ''));
    return [name, status] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

function secondsToFail(probe: Probe | undefined): number {
  if (probe === undefined) throw new Error('there is no such probe');
  return probe.periodSeconds * probe.failureThreshold;
}
