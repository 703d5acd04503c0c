import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace.mjs';

/**
 * @typedef {{
 *   name: string, version: string, private?: boolean, description?: string, license?: string, author?: string, homepage?: string,
 *   bugs?: string, keywords?: string[], engines?: { node?: string }, files?: string[], sideEffects?: boolean | string[],
 *   repository?: { type: string, url: string, directory?: string }, publishConfig?: { access?: string },
 *   exports?: Record<string, string | { types?: string, default?: string }>, bin?: Record<string, string>,
 *   dependencies?: Record<string, string>, peerDependencies?: Record<string, string>
 * }} Manifest
 */

/**
 * All packages of the workspace.
 *
 * @returns {{ folder: string, manifest: Manifest }[]} folders relative to the repository's root
 */
export function workspacePackages() {
  return ['packages', 'services']
    .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')),
    }));
}

/**
 * The packages that are published.
 *
 * @returns {{ folder: string, manifest: Manifest }[]}
 */
export function publicPackages() {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}
