import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@viaduct/testkit/ports';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';

const DEPLOYED = new URL('../../../deploy/nginx/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, DEPLOYED), 'utf8');

/** The deployed settings, with some replaced. */
function settings(own: Readonly<Record<string, string>>): Record<string, string> {
  const lines = read('nginx.env')
    .split('\n')
    .filter((line) => /^NGINX_/u.test(line));
  const deployed = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return { ...Object.fromEntries(deployed), ...own };
}

/**
 * Runs the nginx of this machine with the deployed configuration in front of one gateway, until the test ends. How gateways
 * are found and kept (`resolve`, `sticky`) and HTTP/2 are left out: older versions of nginx do not have that.
 *
 * @param gateway host and port
 * @param addition what files such as tls.conf add to its public side
 * @returns the URL of its public side
 */
export async function startEdge(
  gateway: string,
  own: Readonly<Record<string, string>> = {},
  addition = '',
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-edge-'));
  const [port, inner] = [await freePort(), await freePort()];
  const values = settings({ NGINX_LOCAL_RESOLVERS: '127.0.0.1', NGINX_GATEWAYS: gateway, ...own });
  const site = read('templates/viaduct.conf.template')
    .replace(/\$\{(NGINX_\w+)\}/gu, (_, name: string) => values[name] ?? '')
    .replace(/ resolve( max_fails)/gu, '$1')
    .replace(/^ *sticky (cookie|learn) .*$/gmu, '')
    .replace('listen 8080 backlog=4096', `listen 127.0.0.1:${port}`)
    .replace('include /etc/nginx/public.d/*.conf;', () => addition.replace('http2 on;', ''))
    .replace('listen 8081', `listen 127.0.0.1:${inner}`);
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(join(folder, 'conf.d', 'viaduct.conf'), site);
  const main = read('nginx.conf')
    .replaceAll(' /tmp/', ` ${folder}/`)
    .replaceAll('/etc/nginx/conf.d', join(folder, 'conf.d'))
    .replace('/dev/stderr', 'stderr')
    .replace(/worker_(rlimit_nofile|connections) \d+/gu, 'worker_$1 512');
  writeFileSync(join(folder, 'nginx.conf'), main);
  // Not a RunningProgram, whose output is a socket: nginx could not open it as /dev/stdout.
  const nginx = spawn(
    process.env.NGINX_PATH ?? 'nginx',
    ['-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  atEnd(() => {
    nginx.kill('SIGTERM');
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    const { ok } = await fetch(`${url}/healthz`);
    if (!ok) throw new Error('nginx does not answer yet');
  });
  return url;
}
