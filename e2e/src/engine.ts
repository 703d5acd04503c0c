import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, succeeds } from './shell.js';

/** A Docker engine. */
export interface Engine {
  /** Makes an image available: a local one, one from its registry, or a replacement. False if there is none. */
  provide(image: string): Promise<boolean>;
  /** A file checker of those scripts, by its name; null if there is none. */
  checker(name: string): string | null;
  /** Stops an engine that was started for us. */
  stop(): Promise<void>;
}

const HELP = `The end-to-end run needs Docker Engine 25 with Compose 2.24, or newer, and found none that answers.
Install Docker Desktop, or Docker Engine with its compose plugin (https://docs.docker.com/engine/install/), start it,
and run npm run e2e again.`;

/**
 * Finds a Docker engine: one that answers, or else the one that start-docker.sh starts, in the folder that
 * E2E_ENGINE_SCRIPTS names. Scripts there also replace images if no registry is reachable, and check files.
 *
 * @throws Error that says what to install
 */
export async function findEngine(): Promise<Engine> {
  const scripts = process.env.E2E_ENGINE_SCRIPTS ?? '';
  const hasScripts = scripts !== '' && existsSync(join(scripts, 'start-docker.sh'));
  const answers =
    (await succeeds('docker', ['version'])) && (await succeeds('docker', ['compose', 'version']));
  if (!answers && !hasScripts) throw new Error(HELP);
  if (!answers) await run(join(scripts, 'start-docker.sh'), []);
  return {
    provide: async (image) =>
      (await succeeds('docker', ['image', 'inspect', image])) ||
      (await succeeds('docker', ['pull', '--quiet', image], 300_000)) ||
      (hasScripts && (await succeeds(join(scripts, 'base-images.sh'), [image], 300_000))),
    checker: (name) => (hasScripts && existsSync(join(scripts, name)) ? join(scripts, name) : null),
    stop: async () => {
      if (!answers) await run(join(scripts, 'stop-docker.sh'), []);
    },
  };
}
