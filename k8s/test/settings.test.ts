import { readFileSync } from 'node:fs';
import { FEED_CHANNELS, feedOptions } from '@viaduct/demo';
import { ENVIRONMENT, loadConfig } from '@viaduct/gateway';
import { describe, expect, it } from 'vitest';
import { environmentOf } from './support/data.js';
import { containerOf, K8S, portNumber } from './support/render.js';
import { RENDERINGS } from './support/renderings.js';

const NGINX = `${K8S}../deploy/nginx/`;
const template = readFileSync(`${NGINX}templates/viaduct.conf.template`, 'utf8');
const defaults = new Set(
  [...readFileSync(`${NGINX}nginx.env`, 'utf8').matchAll(/^(\w+)=/gmu)].map(([, name]) => name),
);

/** For Node itself, not for the gateway. */
const NODE_VARIABLES = ['NODE_OPTIONS'];

/** For the entrypoint of the image nginx. */
const ENTRYPOINT_VARIABLES = ['NGINX_ENTRYPOINT_LOCAL_RESOLVERS', 'NGINX_ENVSUBST_FILTER', 'POD_NAMESPACE'];

describe.each(RENDERINGS)('settings in $name', (rendering) => {
  const gateway = containerOf(rendering.one('Deployment', 'gateway'), 'gateway');
  const nginx = containerOf(rendering.one('Deployment', 'edge'), 'nginx');

  it('sets only variables that the gateway knows, to values that it accepts', () => {
    const settings = environmentOf(rendering, gateway);
    const known = new Set([...ENVIRONMENT, ...NODE_VARIABLES]);
    expect(Object.keys(settings).filter((name) => !known.has(name))).toEqual([]);
    expect(loadConfig(settings).channels.length).toBeGreaterThan(0);
  });

  it('has the gateway listen on the port that its container offers', () => {
    expect(portNumber([gateway], 'http')).toBe(loadConfig(environmentOf(rendering, gateway)).port);
  });

  it('has the admin API on a port of its own, to which no Service leads', () => {
    const { port, admin } = loadConfig(environmentOf(rendering, gateway));
    expect(portNumber([gateway], 'admin')).toBe(admin.port);
    expect(admin.port).not.toBe(port);
    const targets = rendering
      .all('Service')
      .flatMap(({ spec }) => spec.ports.map(({ targetPort }) => targetPort));
    expect(targets).toContain('http');
    expect(targets).not.toContain('admin');
    expect(targets).not.toContain(admin.port);
  });

  it('sets every variable of the nginx template, and no other', () => {
    const settings = Object.keys(environmentOf(rendering, nginx)).filter(
      (name) => !ENTRYPOINT_VARIABLES.includes(name),
    );
    const wanted = new Set([...template.matchAll(/\$\{(NGINX_\w+)\}/gu)].map(([, name]) => name));
    // The entrypoint finds the name servers by itself.
    wanted.delete('NGINX_LOCAL_RESOLVERS');
    expect(new Set(settings)).toEqual(wanted);
    expect(new Set(settings)).toEqual(defaults);
  });

  it('leads nginx to the headless Service of the gateways, by its full name', () => {
    const { NGINX_GATEWAYS = '' } = environmentOf(rendering, nginx);
    const [, name = '', port] =
      /^([a-z-]+)\.\$\(POD_NAMESPACE\)\.svc\.cluster\.local:(\d+)$/u.exec(NGINX_GATEWAYS) ?? [];
    const { spec } = rendering.one('Service', name);
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    // A headless name leads to the pods themselves, so the port is theirs.
    expect(spec.ports.map(({ targetPort }) => portNumber([gateway], targetPort))).toEqual([Number(port)]);
    // Variables are put into others only where they stand before them.
    const names = nginx.env?.map((variable) => variable.name) ?? [];
    expect(names.indexOf('POD_NAMESPACE')).toBeLessThan(names.indexOf('NGINX_GATEWAYS'));
  });

  it('gives up a silent connection later than the gateway sends its heartbeat', () => {
    const { heartbeatMs } = loadConfig(environmentOf(rendering, gateway)).delivery;
    const { NGINX_READ_TIMEOUT = '' } = environmentOf(rendering, nginx);
    expect(Number.parseInt(NGINX_READ_TIMEOUT, 10) * 1000).toBeGreaterThan(heartbeatMs);
  });

  it('keeps the heap of the gateway well within its memory limit', () => {
    const heap = /^--max-old-space-size=(\d+)$/u.exec(
      environmentOf(rendering, gateway).NODE_OPTIONS ?? '',
    )?.[1];
    const limit = mebibytes(gateway.resources?.limits?.memory);
    expect(Number(heap)).toBeGreaterThanOrEqual(limit / 2);
    expect(Number(heap)).toBeLessThanOrEqual((limit * 3) / 4);
  });
});

describe('settings in the demo', () => {
  const [demo] = RENDERINGS;
  if (demo === undefined) throw new Error('the demo is not among the renderings');

  it('lets clients read what the feed writes', () => {
    const gateway = containerOf(demo.one('Deployment', 'gateway'), 'gateway');
    expect(loadConfig(environmentOf(demo, gateway)).channels).toEqual(FEED_CHANNELS);
  });

  it('sets only variables that the feed knows', () => {
    const { REDIS_URL, ...settings } = environmentOf(
      demo,
      containerOf(demo.one('Deployment', 'feed'), 'feed'),
    );
    const names = Object.keys(settings);
    expect(names.length).toBeGreaterThan(0);
    // For a known name, the feed refuses a value that is not a number.
    for (const name of names) expect(() => feedOptions({ [name]: 'x' }), name).toThrow(name);
    expect(feedOptions(settings).count).toBe(Number(settings.DEMO_COUNT));
    expect(REDIS_URL).toBeDefined();
  });

  it('has gateways and feed use the Redis that it has', () => {
    const urls = ['gateway', 'feed'].map(
      (name) => environmentOf(demo, containerOf(demo.one('Deployment', name), name)).REDIS_URL,
    );
    const url = new URL(urls[0] ?? '');
    expect(urls[1]).toBe(urls[0]);
    const { spec } = demo.one('Service', url.hostname);
    expect(spec.ports.map(({ port }) => String(port))).toEqual([url.port]);
    const config = demo.generated('ConfigMap', 'redis-config').data['redis.conf'] ?? '';
    const redis = containerOf(demo.one('StatefulSet', 'redis'), 'redis');
    const maximum = Number(/^maxmemory (\d+)mb$/mu.exec(config)?.[1]);
    // Rewriting the append-only file may copy what changes meanwhile.
    expect(maximum * 2).toBeLessThanOrEqual(mebibytes(redis.resources?.limits?.memory));
    expect(redis.args).toEqual(['redis-server', '/etc/redis/redis.conf']);
  });
});

function mebibytes(quantity = ''): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/u.exec(quantity) ?? [];
  if (amount === undefined) throw new Error(`${quantity} is no amount of memory in Mi or Gi`);
  return Number(amount) * (unit === 'Gi' ? 1024 : 1);
}
