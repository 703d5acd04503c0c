import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { containerOf, K8S, withoutHash } from './support/render.js';
import { RENDERINGS } from './support/renderings.js';

const DEPLOY = `${K8S}../deploy/nginx/`;
const TEMPLATES = readdirSync(`${DEPLOY}templates`);
const read = (file: string): string => readFileSync(DEPLOY + file, 'utf8');

const compose = parse(read('compose.yml')) as { services: { nginx: { volumes: string[] } } };

describe.each(RENDERINGS)('nginx in $name', (rendering) => {
  it('has the same files as in compose', () => {
    const { data } = rendering.generated('ConfigMap', 'edge-config');
    expect(data).toEqual({
      'nginx.conf': read('nginx.conf'),
      ...Object.fromEntries(TEMPLATES.map((file) => [file, read(`templates/${file}`)])),
    });
  });

  it('has them where compose has them', () => {
    const [conf, templates] = compose.services.nginx.volumes.map((volume) => volume.split(':'));
    const { volumes = [] } = rendering.one('Deployment', 'edge').spec.template.spec;
    const mounts = containerOf(rendering.one('Deployment', 'edge'), 'nginx').volumeMounts ?? [];
    const mountedAt = (path = '') => {
      const mount = mounts.find(({ mountPath }) => mountPath === path);
      const volume = volumes.find(({ name }) => name === mount?.name)?.configMap;
      expect(withoutHash(volume?.name ?? '')).toBe('edge-config');
      return { subPath: mount?.subPath, files: volume?.items?.map((item) => item.path) };
    };
    expect([conf?.[0], templates?.[0]]).toEqual(['./nginx.conf', './templates']);
    expect(mountedAt(conf?.[1])).toEqual({ subPath: 'nginx.conf', files: ['nginx.conf'] });
    expect(mountedAt(templates?.[1])).toEqual({
      subPath: undefined,
      files: TEMPLATES,
    });
  });
});

it.each(RENDERINGS)(
  'nginx in $name has a number of workers of its own, not one for each core of the node',
  (rendering) => {
    const { args = [] } = containerOf(rendering.one('Deployment', 'edge'), 'nginx');
    expect(args.join(' ')).toMatch(
      /^nginx -g daemon off; worker_processes [1-9]\d?; worker_shutdown_timeout \d+s;$/u,
    );
    // Set twice, it would be an error.
    expect(read('nginx.conf')).not.toMatch(/^(?:worker_processes|worker_shutdown_timeout)/mu);
  },
);
