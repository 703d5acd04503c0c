import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@viaduct/testkit/ports';
import { until } from '@viaduct/testkit/wait';
import { CommandFailed, run } from './shell.js';
import { CONTAINER_WAIT } from './time.js';

/** Addresses of the stack on this machine. */
export interface Addresses {
  /** nginx, such as `http://127.0.0.1:4711`. */
  http: string;
  prometheus: string;
  grafana: string;
  redis: string;
}

/** How compose builds an image. */
interface BuildSection {
  /** Path within the repository. */
  dockerfile: string;
  args?: Record<string, string>;
}

/** A container of a gateway. */
export interface GatewayContainer {
  id: string;
  /** Its state in `docker compose ps`. */
  name: string;
}

/** How a stack differs from the one that a plain `docker compose up` starts. */
interface Variant {
  /** Name of the compose project, different from that of a stack in use on the same machine. */
  project: string;
  /** Compose file beside docker-compose.yml, within the repository. */
  file: string;
  /** More variables for compose. */
  env: Readonly<Record<string, string>>;
}

const WITH_ITS_OWN_REDIS: Variant = { project: 'viaduct-e2e', file: 'e2e/compose.yml', env: {} };

/** All of it at once, but small: how many clients it can serve does not matter. */
const WITH_ANOTHER_REDIS: Variant = {
  project: 'viaduct-e2e-external',
  file: 'e2e/external-redis.yml',
  env: { REDIS_URL: 'redis://theirs:6379', CHANNELS: 'trains', GATEWAY_REPLICAS: '1' },
};

const COMPOSE = ['compose', '--progress', 'quiet'];

/**
 * Sends a signal to a gateway from inside its container. Unlike `docker kill`, SIGKILL then counts as a crash for the restart
 * policy; and unlike `docker pause`, SIGSTOP goes unnoticed by Docker.
 */
const SIGNAL = `
const fs = require('node:fs');
const signal = process.argv[1];
for (const pid of fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)) {
  const [program = ''] = fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').split('\\0');
  if (program.endsWith('node')) process.kill(Number(pid), signal);
}`;

const PRINT_METRICS =
  "fetch('http://127.0.0.1:8080/metrics').then(async (answer) => console.log(await answer.text()))";

/** The compose stack of this repository, under its own name and on its own ports. */
export class Stack {
  readonly addresses: Addresses;
  readonly #root: string;
  readonly #project: string;
  readonly #env: Record<string, string>;
  readonly #underWay = new Set<Promise<string>>();
  #ended = false;

  private constructor(
    root: string,
    { project, file, env }: Variant,
    [http, prometheus, grafana, redis]: [number, number, number, number],
  ) {
    this.#root = root;
    this.#project = project;
    this.addresses = {
      http: `http://127.0.0.1:${http}`,
      prometheus: `http://127.0.0.1:${prometheus}`,
      grafana: `http://127.0.0.1:${grafana}`,
      redis: `redis://127.0.0.1:${redis}`,
    };
    this.#env = {
      COMPOSE_PROJECT_NAME: project,
      COMPOSE_FILE: ['docker-compose.yml', file].join(':'),
      COMPOSE_PATH_SEPARATOR: ':',
      COMPOSE_ENV_FILES: join('e2e', 'stack.env'),
      // Reachable only from this machine; a stack in use is open to the network.
      HTTP_PORT: `127.0.0.1:${http}`,
      PROMETHEUS_PORT: String(prometheus),
      GRAFANA_PORT: String(grafana),
      E2E_REDIS_PORT: String(redis),
      ...env,
    };
  }

  static create(root: string): Promise<Stack> {
    return Stack.#create(root, WITH_ITS_OWN_REDIS);
  }

  /** With REDIS_URL set to somebody else's Redis, which is the service `theirs`. */
  static createWithAnotherRedis(root: string): Promise<Stack> {
    return Stack.#create(root, WITH_ANOTHER_REDIS);
  }

  static async #create(root: string, variant: Variant): Promise<Stack> {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    return new Stack(root, variant, [...ports]);
  }

  /** @throws CommandFailed, also for everything that starts after {@link end} */
  compose(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.#run('docker', [...COMPOSE, ...args], env);
  }

  /** Runs a script of the repository on this stack. */
  script(path: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    return this.#run(join(this.#root, path), [], env);
  }

  /** The images from a registry that the services use or are built on. */
  async imagesByService(): Promise<[service: string, image: string][]> {
    const { services } = JSON.parse(await this.compose(['config', '--format', 'json'])) as {
      services: Record<string, { image: string; build?: BuildSection }>;
    };
    const images: [string, string][] = [];
    const built = new Set(
      Object.values(services).map(({ image, build }) => (build === undefined ? '' : image)),
    );
    for (const [service, { image, build }] of Object.entries(services)) {
      // One service may run what another one builds.
      if (build === undefined && built.has(image)) continue;
      const needed = build === undefined ? [image] : await this.#baseImages(build);
      for (const each of needed) images.push([service, each]);
    }
    return images;
  }

  /** The base images of a Dockerfile: the arguments whose names end in `_IMAGE`. */
  async #baseImages({ dockerfile, args = {} }: BuildSection): Promise<string[]> {
    const text = await readFile(join(this.#root, dockerfile), 'utf8');
    return [...text.matchAll(/^ARG (\w+_IMAGE)=(\S+)$/gmu)].map(
      ([, name = '', byDefault = '']) => args[name] ?? byDefault,
    );
  }

  async services(): Promise<string[]> {
    return lines(await this.compose(['config', '--services']));
  }

  async up(services: readonly string[]): Promise<void> {
    await this.compose(['up', '--build', '--detach', '--wait', '--wait-timeout', '180', ...services]);
  }

  async scale(count: number): Promise<void> {
    const options = ['--detach', '--no-deps', '--no-recreate', '--wait', '--wait-timeout', '120'];
    await this.compose(['up', ...options, '--scale', `gateway=${count}`, 'gateway']);
  }

  /** Removes everything that `up` made, including volumes and networks. */
  async down(): Promise<void> {
    await this.#start('docker', [...COMPOSE, 'down', '--volumes', '--remove-orphans', '--timeout', '1']);
  }

  /** Like {@link down}, and prevents everything that would undo it. Returns the remaining containers. */
  async end(): Promise<string[]> {
    this.#ended = true;
    await Promise.allSettled(this.#underWay);
    await this.down();
    return lines(await this.#start('docker', [...COMPOSE, 'ps', '--all', '--format', '{{.Name}}']));
  }

  /** The running gateways. */
  async gateways(): Promise<GatewayContainer[]> {
    const listed = lines(await this.compose(['ps', '--format', '{{.ID}} {{.Name}}', 'gateway']));
    return listed.map((line) => {
      const [id = '', name = ''] = line.split(' ');
      return { id, name };
    });
  }

  /** The gateway with the most connections, so that a fault has an effect. */
  async busiestGateway(): Promise<GatewayContainer> {
    const gateways = await this.gateways();
    const loads = await Promise.all(gateways.map((gateway) => this.#connections(gateway)));
    const busiest = gateways[loads.indexOf(Math.max(...loads))];
    if (busiest === undefined) throw new Error('no gateway is running');
    return busiest;
  }

  async docker(...args: string[]): Promise<string> {
    return (await this.#run('docker', args)).trim();
  }

  /** Sends a signal to the process of a gateway. */
  async signal({ id }: GatewayContainer, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    await this.docker('exec', id, 'node', '-e', SIGNAL, signal);
  }

  /** Waits until a container is healthy, after `restarts` restarts. */
  async healthy({ id, name }: GatewayContainer, restarts: number): Promise<void> {
    const wanted = `healthy ${restarts}`;
    const format = '{{.State.Health.Status}} {{.RestartCount}}';
    const isHealthy = async () => (await this.docker('inspect', '--format', format, id)) === wanted;
    await until(isHealthy, `${name} to be healthy again`, CONTAINER_WAIT);
  }

  /** Health of every container, as `name: healthy`; `running` if its image has no health check. */
  async health(): Promise<string[]> {
    const listed = lines(await this.compose(['ps', '--all', '--format', '{{.Name}} {{.State}} {{.Health}}']));
    return listed.map((line) => {
      const [name, state, health] = line.split(' ');
      return `${name}: ${health || state}`;
    });
  }

  async #run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    if (this.#ended) throw new CommandFailed(`did not start ${command} ${args.join(' ')}: the run has ended`);
    const running = this.#start(command, args, env);
    this.#underWay.add(running);
    return running.finally(() => this.#underWay.delete(running));
  }

  #start(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    return run(command, args, { cwd: this.#root, env: { ...this.#env, ...env } });
  }

  async #connections({ id }: GatewayContainer): Promise<number> {
    const metrics = await this.docker('exec', id, 'node', '-e', PRINT_METRICS);
    const samples = metrics.matchAll(/^viaduct_connections\{.*\} (\d+)$/gm);
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /**
   * The WebSocket address of nginx for many clients: that in its own network, if this machine can reach it. Behind the
   * published port, every byte passes through a process of Docker, which takes a third of a core from the gateways.
   */
  async addressForMany(): Promise<string> {
    const id = (await this.compose(['ps', '--quiet', 'nginx'])).trim();
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const direct = `http://${await this.docker('inspect', '--format', format, id)}:8080`;
    const reachable = await fetch(`${direct}/healthz`, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    );
    return `${(reachable ? direct : this.addresses.http).replace(/^http/, 'ws')}/`;
  }

  /** Full name of one of the stack's networks. */
  network(name: string): string {
    return `${this.#project}_${name}`;
  }

  /** The log of a service. */
  logs(service: string): Promise<string> {
    return this.compose(['logs', '--no-color', '--no-log-prefix', service]);
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
