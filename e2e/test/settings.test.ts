import { readFileSync } from 'node:fs';
import { FEED_CHANNELS } from '@viaduct/demo';
import { ENVIRONMENT, loadConfig } from '@viaduct/gateway';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

interface Service {
  image?: string;
  environment?: Record<string, string | null>;
  command?: string[];
  ports?: string[];
  profiles?: string[];
  mem_limit?: string;
  logging?: { options: Record<string, string> };
  networks?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  deploy?: Record<string, unknown>;
  container_name?: string;
}

function servicesOf(file: string): Map<string, Service> {
  const { services } = parse(read(file), { merge: true }) as { services: Record<string, Service> };
  return new Map(Object.entries(services));
}

const MAIN = 'docker-compose.yml';
const NGINX = 'deploy/nginx/compose.yml';
const REDIS = 'deploy/redis/compose.yml';
const TLS = 'deploy/nginx/tls.yml';
const FILES = [MAIN, NGINX, REDIS];
const main = servicesOf(MAIN);
const services = new Map(FILES.flatMap((file) => [...servicesOf(file)]));
const gateway = main.get('gateway');
const nginx = services.get('nginx');

/** `NAME=value` lines, those behind a `#` too. */
function assignments(file: string): Map<string, string> {
  const lines = read(file).matchAll(/^#?([A-Z][A-Z_]+)=(.*)$/gmu);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** Variables that compose puts in, with their defaults. */
function interpolated(file: string): Map<string, string> {
  const uses = read(file).matchAll(/\$\{([A-Z_]+)(?::[-?]([^}]*))?\}/gu);
  return new Map([...uses].map(([, name = '', fallback = '']) => [name, fallback]));
}

const example = assignments('.env.example');
const defaults = assignments('deploy/nginx/nginx.env');

describe('settings of the compose stack', () => {
  it('passes on every setting of a gateway, except for those that are the same in every container', () => {
    const fixed = ['PORT', 'HOST', 'PAGE_DIR', 'REPLICA_ID'];
    const known = ENVIRONMENT.filter((name) => !fixed.includes(name));
    const passedOn = [
      ...Object.keys(gateway?.environment ?? {}),
      ...assignments('deploy/redis/gateway.env').keys(),
    ];
    expect(passedOn.sort()).toEqual([...known, 'NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'].sort());
  });

  it.each(['.env.example', 'docs/operations.md'])('names in %s those that are fixed', (file) => {
    const environment = gateway?.environment ?? {};
    const settable = [
      ...Object.keys(environment).filter((name) => !/^[^$]+$/u.test(environment[name] ?? '')),
      ...assignments('deploy/redis/gateway.env').keys(),
    ];
    const [, named = ''] = /works? here(?: too)?, except\s+for ([^.]*) are fixed\./u.exec(read(file)) ?? [];
    expect(named.match(/[A-Z_]{2,}/gu)?.sort()).toEqual(
      ENVIRONMENT.filter((name) => !settable.includes(name)).sort(),
    );
  });

  it('has defaults that a gateway accepts, and that allow what the feed writes', () => {
    const fallbacks = interpolated(MAIN);
    const config = loadConfig(Object.fromEntries(fallbacks));
    expect(config.channels.sort()).toEqual([...FEED_CHANNELS].sort());
  });

  it('shows in .env.example the variables that compose puts in, with the same defaults', () => {
    const all = new Map([...FILES.flatMap((file) => [...interpolated(file)]), ...defaults]);
    // Nobody needs to change them within compose: where nginx looks for gateways, and what reads its log.
    all.delete('NGINX_GATEWAYS');
    all.delete('NGINX_STATUS_LOG');
    // Setting it leaves out the stack's own Redis, so its default is no example.
    all.set('REDIS_URL', '');
    const shown = [...all].map(([name]) => [name, example.get(name)]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(all));
  });

  it('shows in .env.example nothing that has no effect', () => {
    const passedOn = [...services.values()].flatMap(({ environment = {} }) => Object.keys(environment));
    const files = [...FILES, TLS].flatMap((file) => [...interpolated(file).keys()]);
    // Compose itself reads this one.
    const known = new Set(['COMPOSE_FILE', ...files, ...passedOn]);
    expect([...example.keys()].filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("the stack's own Redis", () => {
  const { include = [] } = parse(read(MAIN)) as { include?: { path: string }[] };
  const included = include.map(({ path }) => path);

  it('is left out, with the feed, if REDIS_URL names another one', () => {
    expect(included).toContain(
      `deploy/redis/compose\${REDIS_URL:+.external}\${REDIS_URL_FILE:+.external}.yml`,
    );
    expect([...servicesOf(REDIS).keys()]).toEqual(['redis', 'feed']);
    const started = [...servicesOf('deploy/redis/compose.external.yml')].filter(
      ([, { profiles }]) => !profiles,
    );
    expect(started).toEqual([]);
  });

  it('is neither left out nor started if both REDIS_URL and REDIS_URL_FILE are set: compose says so', () => {
    const [{ image = '' } = {}] = servicesOf('deploy/redis/compose.external.external.yml').values();
    const [, variable = '', message] = /^\$\{([A-Z_]+):\?([^}]+)\}$/u.exec(image) ?? [];
    expect(message).toBe('REDIS_URL and REDIS_URL_FILE are both set. Unset one of them');
    // Compose complains because nothing sets the variable.
    const used = [...FILES.flatMap((file) => [...interpolated(file).keys()]), ...ENVIRONMENT];
    expect(used).not.toContain(variable);
  });

  it('is the only one that the feed can reach, whatever the settings', () => {
    const { environment = {}, networks } = servicesOf(REDIS).get('feed') ?? {};
    expect(environment.REDIS_URL).toBe('redis://redis:6379');
    expect(networks).toEqual(servicesOf(REDIS).get('redis')?.networks);
  });
});

describe('settings of nginx', () => {
  const wanted = [...read('deploy/nginx/templates/viaduct.conf.template').matchAll(/\$\{(NGINX_\w+)\}/gu)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'NGINX_LOCAL_RESOLVERS');

  it('has a default for each variable of the template, and for no other', () => {
    expect([...defaults.keys()].sort()).toEqual([...new Set(wanted)].sort());
  });

  it('gets each from compose', () => {
    const environment = nginx?.environment ?? {};
    const fixed = 'NGINX_STATUS_LOG';
    for (const name of wanted) {
      if (name !== fixed) expect(environment[name]).toBe(`\${${name}}`);
    }
    // The file that the service edge-metrics reads.
    expect(services.get('edge-metrics')?.command).toEqual([
      'dist/main.js',
      'edge-metrics',
      environment[fixed],
    ]);
  });

  it('has a longer timeout than the heartbeat of a gateway', () => {
    const heartbeat = Number(interpolated(MAIN).get('HEARTBEAT_MS'));
    expect(heartbeat).toBeGreaterThan(0);
    expect(Number.parseInt(defaults.get('NGINX_READ_TIMEOUT') ?? '', 10) * 1000).toBeGreaterThan(heartbeat);
  });
});

describe('nginx with ipv6.yml', () => {
  const [, folder = '', suffix = ''] =
    /- \.\/(\S+\/)ipv6\$\{TLS_CERT_FILE:\+([\w-]+)\}\.conf:/u.exec(read('deploy/nginx/ipv6.yml')) ?? [];

  /** Ports on which a file listens, without or with IPv6, and whether with TLS. */
  function listens(file: string, ipv6: boolean): string[] {
    const lines = read(file).matchAll(/^ *listen (\[::\]:)?(\d+)( ssl)?/gmu);
    return [...lines]
      .filter(([, any]) => (any !== undefined) === ipv6)
      .map(([, , port = '', tls = '']) => port + tls);
  }

  it.each([
    ['', []],
    [suffix, ['deploy/nginx/tls.conf']],
  ])('listens on every public port (ipv6%s.conf)', (ending, others) => {
    const [inner, outer] = ['8081', '8080'];
    const template = listens('deploy/nginx/templates/viaduct.conf.template', false);
    expect(template).toEqual([outer, inner]);
    const ports = [outer, ...others.flatMap((file) => listens(file, false))];
    expect(ports).toHaveLength(others.length + 1);
    expect(listens(`${folder}ipv6${ending}.conf`, true)).toEqual(ports);
  });
});

describe('nginx after a reload, as for a renewed certificate', () => {
  it('ends no connection: nothing limits how long the old workers stay', () => {
    const command = (nginx?.command ?? []).join(' ');
    expect(command).toContain('worker_processes');
    for (const text of [command, read('deploy/nginx/nginx.conf')])
      expect(text).not.toMatch(/^[^#]*worker_shutdown_timeout/mu);
  });
});

describe('the image of the gateway', () => {
  const [, stage = ''] = read('deploy/Dockerfile').split(/^FROM runtime AS gateway$/mu);
  const [image = ''] = stage.split(/^FROM /mu);

  it("keeps the flags of Node that its figures count on, whatever the operator's NODE_OPTIONS", () => {
    expect(image).toMatch(/^ENTRYPOINT \["node", "--max-semi-space-size=\d+"\]$/mu);
    expect(image).not.toMatch(/^ENV .*NODE_OPTIONS/mu);
    // A command in a manifest would replace the entrypoint.
    expect(gateway).not.toHaveProperty('entrypoint');
  });

  it('starts a Node for its health check often only until it is up, and then waits for a busy gateway', () => {
    const seconds = (option: string) => {
      const [, count, unit] = new RegExp(`--${option}=(\\d+)([sm])`, 'u').exec(image) ?? [];
      return Number(count) * (unit === 'm' ? 60 : 1);
    };
    expect(seconds('start-interval')).toBeLessThanOrEqual(1);
    expect(seconds('interval')).toBeGreaterThanOrEqual(300);
    expect(seconds('timeout')).toBeGreaterThanOrEqual(10);
    expect(gateway).not.toHaveProperty('healthcheck');
  });
});

describe('every service', () => {
  it.each([...services])('%s has restricted rights', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it.each([...services])('%s is limited in memory, and its logs in size', (_name, service) => {
    const { mem_limit, deploy } = service;
    expect(mem_limit ?? (deploy?.resources as { limits?: { memory?: string } })?.limits?.memory).toMatch(
      /\d+[mg]\}?$/u,
    );
    expect(service.logging?.options).toMatchObject({
      'max-size': expect.any(String),
      'max-file': expect.any(String),
    });
  });

  it('is reachable only from this machine, except for nginx', () => {
    const open = [...services].filter(([, { ports = [] }]) =>
      ports.some((port) => !port.startsWith('127.0.0.1:')),
    );
    expect(open.map(([name]) => name)).toEqual(['nginx']);
  });

  it('allows many gateways: none has its own name or port', () => {
    expect(gateway?.deploy).toHaveProperty('replicas');
    expect(gateway).not.toHaveProperty('ports');
    expect(gateway).not.toHaveProperty('container_name');
  });
});
