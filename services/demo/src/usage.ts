import { FEED_SETTINGS } from './feed-options.js';

/** How `npm start` is used. */
export function usage(): string {
  const settings = Object.values(FEED_SETTINGS).map(
    ({ variable, meaning, fallback }) => `  ${variable.padEnd(13)} ${meaning} [${fallback}]`,
  );
  return `Starts a Redis, a feed of simulated vehicles, a gateway, and its start page with a map.

Usage: npm start

Settings are environment variables:

  PORT          port of the start page and of the gateway [8080]
  REDIS_URL     address of a Redis of your own [a private one, which ends with the demo]
${settings.join('\n')}

The gateway takes all of its own settings, too: see docs/settings.md.`;
}
