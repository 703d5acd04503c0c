import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNPM, ROOT } from '../../lib/workspace.mjs';
import { command, type Package, workspacePackages } from './packages.js';

/** For what a package manager and a network take their time for. */
export const INSTALL_TIMEOUT_MS = 300_000;

/** The packages that are published. */
export const PUBLIC_PACKAGES: readonly Package[] = workspacePackages().filter(
  ({ manifest }) => manifest.private !== true,
);

/** What packs the packages: pnpm for a release, and npm for those who have a clone of the repository. */
const PACKERS = { npm: ['npm'], pnpm: ['npx', '-y', PNPM] } as const;

/** An empty project, into which the packages are installed as their users install them. */
export class PackedProject {
  readonly #packer: keyof typeof PACKERS;
  readonly #folder = mkdtempSync(join(tmpdir(), 'viaduct-packages-'));
  /** Where the project is. */
  readonly path = join(this.#folder, 'project');

  constructor(packer: keyof typeof PACKERS = 'pnpm') {
    this.#packer = packer;
    mkdirSync(this.path);
    writeFileSync(join(this.path, 'package.json'), '{ "private": true }');
  }

  /** The path of a package's tarball, once it is packed. */
  tarball(name: string): string {
    const { version } = PUBLIC_PACKAGES.find(({ manifest }) => manifest.name === name)?.manifest ?? {};
    return join(this.#folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  }

  /** Packs all public packages, and installs them and others. */
  async installAll(...others: string[]): Promise<void> {
    const [program, ...options] = PACKERS[this.#packer];
    for (const { folder } of PUBLIC_PACKAGES) {
      await command(program, [...options, 'pack', '--pack-destination', this.#folder], join(ROOT, folder));
    }
    await this.install(...PUBLIC_PACKAGES.map(({ manifest }) => this.tarball(manifest.name)), ...others);
  }

  install(...names: string[]): Promise<string> {
    const options = ['--no-audit', '--no-fund', '--prefer-offline'];
    return command('npm', ['install', ...options, ...names], this.path);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
