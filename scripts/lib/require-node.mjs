// Imported for its effect, and first: stops with a plain message if Node is too old for the rest.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const minimum = engines.node.replace('>=', '');
const [major, minor] = minimum.split('.').map(Number);
const [ourMajor = 0, ourMinor = 0] = process.versions.node.split('.').map(Number);

if (ourMajor < major || (ourMajor === major && ourMinor < minor)) {
  console.error(
    `Viaduct needs Node ${minimum} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Get a current one from https://nodejs.org or with your version manager, then run the same command again.',
  );
  process.exit(1);
}
