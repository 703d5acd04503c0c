import type { Container } from './objects.js';
import type { Rendering } from './render.js';

/** Made by hand, so that no password is in a file; README.md has the command. */
export const MADE_BY_HAND = {
  name: 'gateway-secrets',
  data: { REDIS_URL: 'rediss://:password@redis.example.com:6380' },
};

/**
 * What a pod finds in a ConfigMap or Secret, as text.
 *
 * @throws Error if the rendering does not have it, and it is not the one that is made by hand
 */
export function dataOf(rendering: Rendering, kind: 'ConfigMap' | 'Secret', name: string) {
  if (kind === 'ConfigMap') return rendering.one(kind, name).data;
  const isRendered = rendering.all(kind).some(({ metadata }) => metadata.name === name);
  if (name === MADE_BY_HAND.name && !isRendered) return MADE_BY_HAND.data;
  const { data = {}, stringData } = rendering.one(kind, name);
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return { ...(Object.fromEntries(decoded) as Record<string, string>), ...stringData };
}

/**
 * The environment of a container, as the manifest has it: `$(NAME)` stays as it is, fields of the pod are empty. Settings
 * in a mounted Secret are those of their files.
 *
 * @throws Error if a ConfigMap, a Secret or a key of one is not there
 */
export function environmentOf(
  rendering: Rendering,
  { env = [], envFrom = [], volumeMounts = [] }: Container,
): Record<string, string> {
  const whole = envFrom.flatMap(({ configMapRef, secretRef }) => [
    ...(configMapRef === undefined ? [] : [dataOf(rendering, 'ConfigMap', configMapRef.name)]),
    ...(secretRef === undefined ? [] : [dataOf(rendering, 'Secret', secretRef.name)]),
  ]);
  const single = env.map(({ name, value, valueFrom }) => {
    const { secretKeyRef: secret, configMapKeyRef: map } = valueFrom ?? {};
    if (secret !== undefined) return [name, keyOf(dataOf(rendering, 'Secret', secret.name), secret.key)];
    if (map !== undefined) return [name, keyOf(dataOf(rendering, 'ConfigMap', map.name), map.key)];
    return [name, value ?? ''];
  });
  const environment: Record<string, string> = {
    ...Object.assign({}, ...whole),
    ...Object.fromEntries(single),
  };
  for (const [name, path] of Object.entries(environment)) {
    const value = name.endsWith('_FILE') ? secretFile(rendering, volumeMounts, path) : undefined;
    if (value === undefined) continue;
    delete environment[name];
    environment[name.replace(/_FILE$/u, '')] = value;
  }
  return environment;
}

/** What is in a file of a mounted Secret; undefined if no Secret is mounted there. */
function secretFile(
  rendering: Rendering,
  mounts: readonly { name: string; mountPath: string }[],
  path: string,
): string | undefined {
  const mount = mounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const volumes = rendering.workloads.flatMap(({ spec }) => spec.template.spec.volumes ?? []);
  const secret = volumes.find(({ name, secret }) => name === mount?.name && secret !== undefined)?.secret;
  if (mount === undefined || secret === undefined) return undefined;
  return keyOf(dataOf(rendering, 'Secret', secret.secretName), path.slice(mount.mountPath.length + 1));
}

function keyOf(data: Record<string, string>, key: string): string {
  const value = data[key];
  if (value === undefined) throw new Error(`there is no key ${key} among ${Object.keys(data).join(', ')}`);
  return value;
}
