import type { Demo } from './demo.js';
import { FEED_CHANNELS } from './feed.js';

/** A command for another terminal that prints the trains in and around the Alps as they move; needs Node 20 alone. */
export function tryLine(wsUrl: string): string {
  const script = [
    `const ws = new WebSocket("${wsUrl}")`,
    'ws.onopen = () => ["BBOX 5 45 11 48", "GET trains", "SUB trains"].forEach((line) => ws.send(line))',
    'ws.onmessage = ({ data }) => console.log(data)',
  ].join('; ');
  return `node --experimental-websocket -e '${script}'`;
}

/** What is running and what to do with it, in a few lines for people. */
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
