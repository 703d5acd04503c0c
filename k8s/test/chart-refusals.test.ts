import { describe, expect, it } from 'vitest';
import { helm, VALUES } from './support/helm.js';

/** A wrong value, its place, and what Helm says about it. */
const WRONG: [value: string, place: string, words: RegExp][] = [
  ['gateway.settings.CHANELS="trains"', '/gateway/settings', /'CHANELS' not allowed/u],
  // Secrets are files, and ports are the chart's.
  ['gateway.settings.REDIS_URL="redis://a"', '/gateway/settings', /'REDIS_URL' not allowed/u],
  ['gateway.settings.JWT_SECRET="x"', '/gateway/settings', /'JWT_SECRET' not allowed/u],
  ['gateway.settings.ADMIN_TOKEN="x"', '/gateway/settings', /'ADMIN_TOKEN' not allowed/u],
  ['gateway.settings.API_KEYS="[]"', '/gateway/settings', /'API_KEYS' not allowed/u],
  ['gateway.settings.PORT=9000', '/gateway/settings', /'PORT' not allowed/u],
  ['gateway.settings.CHANNELS=["trains"]', '/gateway/settings/CHANNELS', /got array, want .*string/u],
  ['edge.settings.NGINX_GATEWAYS="a:1"', '/edge/settings', /'NGINX_GATEWAYS' not allowed/u],
  ['edge.settings.NGINX_MAX_ARRIVAL=1', '/edge/settings', /'NGINX_MAX_ARRIVAL' not allowed/u],
  ['monitorin={"enabled":true}', "at ''", /'monitorin' not allowed/u],
  ['gateway.replicas=3', '/gateway', /'replicas' not allowed/u],
  ['gateway.autoscaling.minReplicas="two"', '/minReplicas', /got string, want integer/u],
  ['gateway.autoscaling.minReplicas=0', '/minReplicas', /got 0, want 1/u],
  ['gateway.autoscaling.cpuUtilization=500', '/cpuUtilization', /got 500, want 100/u],
  ['gateway.heapMiB="1Gi"', '/gateway/heapMiB', /got string, want integer/u],
  ['gateway.image.digest="0123"', '/gateway/image/digest', /does not match pattern/u],
  ['gateway.image.repository="https://registry/x"', '/gateway/image/repository', /does not match/u],
  ['gateway.image.repository="registry/x:1.0"', '/gateway/image/repository', /does not match/u],
  ['gateway.resources.limits.memory="lots"', '/limits/memory', /does not match pattern/u],
  ['edge.image.tag=""', '/edge/image/tag', /does not match pattern/u],
  ['edge.workers=0', '/edge/workers', /got 0, want 1/u],
  ['edge.service.type="ExternalName"', '/edge/service/type', /one of .*'LoadBalancer'/u],
  ['ingress={"enabled":true}', '/ingress/host', /got 0, want 1/u],
  ['redis.storage="big"', '/redis/storage', /does not match pattern/u],
  ['networkPolicies.redis={"ports":[]}', '/networkPolicies/redis', /got object, want array/u],
  ['monitoring.redisExporter.replicas=2', '/redisExporter/replicas', /got 2, want 1/u],
  ['clusterDomain="a b"', '/clusterDomain', /does not match pattern/u],
];

/** What no schema can say. */
const CONTRADICTIONS: [values: string[], words: RegExp][] = [
  [
    ['gateway.image.repository=""'],
    /gateway\.image\.repository is empty: build the image, push it to your registry, and name it there/u,
  ],
  [
    ['gateway.autoscaling.minReplicas=5', 'gateway.autoscaling.maxReplicas=4'],
    /gateway\.autoscaling\.maxReplicas is 4, below minReplicas, which is 5: raise it/u,
  ],
  [
    ['edge.autoscaling.minReplicas=7'],
    /edge\.autoscaling\.maxReplicas is 6, below minReplicas, which is 7: raise it/u,
  ],
  [
    [
      'gateway.settings.JWT_JWKS_URL="https://id.example.com/keys"',
      'gateway.settings.JWT_SECRET_FILE="/run/secrets/viaduct/JWT_SECRET"',
    ],
    /JWT_SECRET_FILE and JWT_JWKS_URL are set together in gateway\.settings: keep one of them/u,
  ],
  [
    ['gateway.settings.HEARTBEAT_MS=15000'],
    /NGINX_READ_TIMEOUT is 15s, no longer than gateway\.settings\.HEARTBEAT_MS, which is 15000: raise it/u,
  ],
  [
    ['gateway.heapMiB=1024'],
    /gateway\.heapMiB is 1024, but gateway\.resources\.limits\.memory is 1Gi: raise the limit/u,
  ],
  [
    ['gateway.heapMiB=600', 'gateway.resources.limits.memory="512Mi"'],
    /gateway\.heapMiB is 600, but gateway\.resources\.limits\.memory is 512Mi: raise the limit/u,
  ],
  [
    ['gateway.settings.JWT_JWKS_URL="https://id.example.com/keys"'],
    /JWT_JWKS_URL is set, but the network policies block it: let networkPolicies\.keyServer allow/u,
  ],
];

describe('the chart refuses, with the place and what is valid there,', () => {
  it.each(WRONG)('%s', (value, place, words) => {
    const { ok, text } = helm(['template', 'acme'], [...VALUES.defaults, value]);
    expect(ok).toBe(false);
    const problems = text.split('\n').filter((line) => line.startsWith('- at '));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(place);
    expect(problems[0]).toMatch(words);
  });
});

/** Values that come close to a contradiction. */
const CONSISTENT = [
  [
    'gateway.settings.HEARTBEAT_MS=14999',
    'gateway.settings.JWT_SECRET_FILE="/run/secrets/viaduct/JWT_SECRET"',
  ],
  ['gateway.settings.HEARTBEAT_MS=20000', 'edge.settings.NGINX_READ_TIMEOUT="1m"'],
  ['gateway.heapMiB=1500', 'gateway.resources.limits.memory="2Gi"'],
  ['gateway.heapMiB=384', 'gateway.resources.limits.memory="0.5Gi"'],
  ['gateway.heapMiB=384', 'gateway.resources.limits.memory=536870912'],
  ['gateway.heapMiB=384', 'gateway.resources.limits=null'],
];

it.each(CONSISTENT)('the chart accepts %s and %s', (...values) => {
  expect(helm(['template', 'acme'], [...VALUES.defaults, ...values])).toMatchObject({ ok: true });
});

describe('the chart refuses, with the remedy,', () => {
  it.each(CONTRADICTIONS)('%j', (values, words) => {
    const { ok, text } = helm(['template', 'acme'], [...VALUES.defaults, ...values]);
    expect(ok).toBe(false);
    expect(text).toMatch(words);
  });

  it('a name that is too long for a Service, and accepts the longest', () => {
    const { ok, text } = helm(['template', 'a'.repeat(47)], VALUES.defaults);
    expect(ok).toBe(false);
    expect(text).toMatch(/The release name a+ is too long: use at most 46 characters/u);
    // The limit for the names of Services in Kubernetes.
    const { output } = helm(['template', 'a'.repeat(46)], VALUES.defaults);
    const names = [...output.matchAll(/^ {2}name: (\S+)$/gmu)].map(([, name = '']) => name.length);
    expect(Math.max(...names)).toBe(63);
  });
});
