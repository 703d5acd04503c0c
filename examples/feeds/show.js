// Shows a feed on the demo's page: npm run feed -- ais [SOURCE]
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startDemo } from '@viaduct/demo';
import { startLocalRedis } from '@viaduct/testkit/redis';

/** The feeds, with their channels and the places of their samples. */
const FEEDS = {
  'gtfs-realtime': { channel: 'buses', map: '13/46.949/7.45' },
  ais: { channel: 'ships', map: '9.5/52.04/3.55' },
  'ads-b': { channel: 'planes', map: '7.5/47/8.3' },
  mqtt: { channel: 'trams', map: '12.5/60.19/24.93' },
};

const [name, ...args] = process.argv.slice(2);
const feed = FEEDS[/** @type {keyof typeof FEEDS} */ (name)];
if (feed === undefined) {
  console.error(`usage: npm run feed -- ${Object.keys(FEEDS).join('|')} [SOURCE]`);
  process.exit(2);
}

// A Redis of its own, unless one is named, so that nothing remains.
const REDIS_URL = process.env.REDIS_URL ?? (await startLocalRedis()).url;
const report = (/** @type {unknown} */ error) => console.error(error);
// The demo's own trains and planes would only distract.
const few = { DEMO_COUNT: '1', DEMO_RATE: '1' };
const demo = await startDemo(
  { CHANNELS: `demo:*,${feed.channel}`, ...few, ...process.env, REDIS_URL },
  report,
);
const program = fileURLToPath(new URL(`${name}.js`, import.meta.url));
const producer = spawn(
  process.execPath,
  [program, '--redis', REDIS_URL, '--channel', feed.channel, ...args],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
  },
);
producer.once('exit', (code) => code !== 0 && process.exit(1));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, async () => {
    producer.kill();
    await demo.stop();
    process.exit();
  });
}
console.log(`
${name}.js writes into ${feed.channel}. See it move:

  ${demo.url}/#map=${feed.map}&channel=${feed.channel}

Ctrl-C stops everything.
`);
