import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Container, Kinds, KubernetesObject, PodSpec, Workload } from './objects.js';

/** The folder k8s/. */
export const K8S = fileURLToPath(new URL('../../', import.meta.url));

/** What `kubectl apply -k` would send to a cluster. */
export class Rendering {
  readonly objects: readonly KubernetesObject[];

  /** @param name how tests call it; also the folder under k8s/ */
  constructor(
    readonly name: string,
    text: string,
  ) {
    this.objects = parseAllDocuments(text, { strict: true, uniqueKeys: true }).map((document) => {
      const [problem] = document.errors;
      if (problem !== undefined) throw problem;
      return document.toJS() as KubernetesObject;
    });
  }

  /** All objects of a kind. */
  all<Kind extends keyof Kinds>(kind: Kind): Kinds[Kind][] {
    return this.objects.filter((object) => object.kind === kind) as Kinds[Kind][];
  }

  /** @throws Error if there is none */
  one<Kind extends keyof Kinds>(kind: Kind, name: string): Kinds[Kind] {
    const found = this.all(kind).find((object) => object.metadata.name === name);
    if (found === undefined) throw new Error(`${this.name} has no ${kind} called ${name}`);
    return found;
  }

  /** A ConfigMap, whose name ends with a hash if kustomize generated it. @throws Error if there is none */
  generated(kind: 'ConfigMap', name: string): Kinds['ConfigMap'] {
    const found = this.all(kind).find(({ metadata }) => withoutHash(metadata.name) === name);
    if (found === undefined) throw new Error(`${this.name} has no generated ${kind} called ${name}`);
    return found;
  }

  /** Everything that makes pods. */
  get workloads(): Workload[] {
    return [...this.all('Deployment'), ...this.all('StatefulSet')];
  }
}

/**
 * Renders a kustomization with kustomize itself.
 *
 * @param folder under k8s/
 * @throws Error with what kustomize says, or with what to install
 */
export function render(folder: string): Rendering {
  for (const [program, command] of [
    ['kubectl', 'kustomize'],
    ['kustomize', 'build'],
  ] as const) {
    try {
      const text = execFileSync(program, [command, K8S + folder], { encoding: 'utf8', stdio: 'pipe' });
      return new Rendering(folder, text);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw new Error(
    'The tests of k8s/ need kubectl (1.30 or newer) or kustomize (5 or newer) on the PATH and found neither: ' +
      'see https://kubernetes.io/docs/tasks/tools/',
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The name that a generator was given, without the hash that kustomize adds. */
export function withoutHash(name: string): string {
  return name.replace(/-[a-z0-9]{10}$/u, '');
}

/** Containers of a pod, those that run before the others included. */
export function containersOf(pod: PodSpec): Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

/** @throws Error if the workload has no container of that name */
export function containerOf(workload: Workload, name: string): Container {
  const found = containersOf(workload.spec.template.spec).find((container) => container.name === name);
  if (found === undefined)
    throw new Error(`${workload.kind} ${workload.metadata.name} has no container ${name}`);
  return found;
}

/** The port that a container or probe names, by number or name. @throws Error if there is no such port */
export function portNumber(containers: readonly Container[], port: string | number): number {
  const ports = containers.flatMap((container) => container.ports ?? []);
  const found = ports.find(({ name, containerPort }) => name === port || containerPort === port);
  if (found === undefined) throw new Error(`no container has a port ${port}`);
  return found.containerPort;
}
