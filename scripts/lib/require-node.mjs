// Imported for its effect, and first: stops with a plain message where Node is too old for the rest.
import { readFileSync } from 'node:fs';
import { minimumNode, satisfiesMinimum } from './versions.mjs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const minimum = minimumNode(manifest.engines.node);

if (!satisfiesMinimum(process.versions.node, minimum)) {
  console.error(
    `Viaduct needs Node ${minimum} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Get a current one from https://nodejs.org or with your version manager, then run the same command again.',
  );
  process.exit(1);
}
