import type { Demo } from './demo.js';
import { FEED_CHANNELS } from './feed.js';

/** A command for another terminal in the repository's root that prints the moving trains in and around the Alps. */
function tryLine(wsUrl: string): string {
  return `node services/gateway/dist/main.js tail demo:trains --live --bbox 5,45,11,48 --url ${wsUrl}`;
}

/** Explains in a few lines what is running and what to do with it. */
export function banner({ url, redis, feed }: Demo): string {
  const wsUrl = url.replace(/^http/, 'ws');
  return `
Viaduct is running.

  Start page   ${url}
  WebSocket    ${wsUrl}
  Redis        ${redis}
  Channels     ${FEED_CHANNELS.join(', ')}
  Feed         ${feed.count} vehicles, ${feed.rate} updates a second, time runs ${feed.speedup} times as fast

  Watch the trains between Lyon and Munich in another terminal:

  ${tryLine(wsUrl)}

  Ctrl-C stops everything.
`;
}
