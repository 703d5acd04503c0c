import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CHART, helm, renderRelease, VALUES } from './support/helm.js';
import { K8S } from './support/render.js';

describe('the notes of a release', () => {
  it('say how its Secret is made, by the name that the pods look for', () => {
    const { volumes = [] } = renderRelease('acme').one('Deployment', 'acme-gateway').spec.template.spec;
    const [secret] = volumes.flatMap((volume) => volume.secret?.secretName ?? []);
    expect(notes()).toContain(`kubectl -n viaduct create secret generic ${secret} --from-literal=REDIS_URL=`);
    expect(notes('gateway.existingSecret="mine"')).toContain('create secret generic mine ');
    expect(notes('redis.enabled=true')).not.toContain('create secret');
    expect(notes('redis.enabled=true', 'gateway.existingSecret="mine"')).toContain('secret generic mine ');
  });

  it('warn if clients may read nothing', () => {
    expect(notes('gateway.settings.CHANNELS=""')).toContain('Clients may read nothing yet');
    expect(notes()).not.toContain('Clients may read nothing yet');
  });

  it('name what else the gateways may connect to', () => {
    const rule =
      'networkPolicies.redis=[{"to":[{"ipBlock":{"cidr":"192.0.2.7/32"}}],"ports":[{"port":7000}]}]';
    expect(notes(rule)).toContain('cidr: 192.0.2.7/32');
    expect(notes(rule, 'redis.enabled=true')).not.toContain('192.0.2.7');
    expect(notes(rule, 'networkPolicies.enabled=false')).not.toContain('192.0.2.7');
  });

  it('say where clients connect, and warn if all of them have one address', () => {
    expect(notes()).toContain('port-forward service/acme-edge 8080:80');
    expect(notes('edge.service.type="LoadBalancer"')).toContain('get service acme-edge');
    const ingress = 'ingress={"enabled":true,"host":"live.example.org"}';
    expect(notes(ingress)).toContain('https://live.example.org, with the certificate in the Secret edge-tls');
    expect(notes(ingress)).toContain('share one address');
    expect(notes(ingress, 'edge.settings.NGINX_TRUSTED_PROXY="10.1.0.0/16"')).not.toContain('share one');
  });
});

/** What Helm prints after an installation with these values. */
function notes(...values: string[]): string {
  const { ok, text, output } = helm(['install', '--dry-run=client', 'acme'], [...VALUES.defaults, ...values]);
  if (!ok) throw new Error(text);
  return output.slice(output.indexOf('\nNOTES:\n'));
}

describe('the README of the chart', () => {
  const text = readFileSync(`${CHART}README.md`, 'utf8');

  it('describes every group of values', () => {
    const values = parse(readFileSync(`${CHART}values.yaml`, 'utf8')) as Record<string, unknown>;
    for (const name of Object.keys(values)) expect(text).toMatch(new RegExp(`^\\| .*\`${name}\\b`, 'mu'));
  });

  const commands = [
    ...text.replaceAll('\\\n', '').matchAll(/^\s*helm (?:install|upgrade --install) (.+)$/gmu),
  ];

  it.each(commands.map(([, line = '']) => line))('has a command that Helm accepts: %s', (line) => {
    const args = line
      .replace('--create-namespace', '')
      .replace('my-values.yaml', 'deploy/helm/viaduct/values-production.yaml')
      .split(/\s+/u);
    const { status, stderr } = spawnSync(process.env.HELM_PATH ?? 'helm', ['template', ...args], {
      cwd: `${K8S}..`,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('has commands with helm', () => {
    expect(commands.length).toBeGreaterThan(1);
  });
});
