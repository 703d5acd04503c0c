import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../lib/workspace.mjs';

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  description?: string;
  keywords?: string[];
  files?: string[];
  sideEffects?: boolean | string[];
  exports?: Record<string, string | { types?: string; default?: string }>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export interface Package {
  /** Relative to the repository's root. */
  folder: string;
  manifest: Manifest;
}

/** The packages that others use; those below packages/ and services/. */
export function workspacePackages(): Package[] {
  return ['packages', 'services']
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest,
    }));
}

/** Runs a program to its end; what it prints. What it says about an error is in the message of the rejection. */
export async function command(program: string, args: string[], cwd: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { cwd, encoding: 'utf8' });
  return stdout;
}
