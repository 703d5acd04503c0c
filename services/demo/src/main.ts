// The demo: `npm start` after its set-up, or `node services/demo/dist/main.js`.
import { banner } from './banner.js';
import { startDemo } from './demo.js';
import { onStopSignal } from './stop-signals.js';
import { usage } from './usage.js';

const [argument] = process.argv.slice(2);
if (argument === '--help' || argument === '-h') {
  console.log(usage());
  process.exit(0);
}
if (argument !== undefined) {
  console.error(`npm start does not accept "${argument}".\n\n${usage()}`);
  process.exit(1);
}

let stop = async (): Promise<void> => undefined;
// From the first moment: Ctrl-C during the start must not leave a Redis behind.
onStopSignal(() => stop());

try {
  const demo = await startDemo(process.env, feedTrouble());
  stop = demo.stop;
  console.log(banner(demo));
} catch (error) {
  console.error(`Viaduct could not start: ${messageOf(error)}`);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Prints why the feed cannot write, once for each repeated failure. */
function feedTrouble(): (error: unknown) => void {
  const where = process.env.REDIS_URL ? 'the Redis that REDIS_URL names' : 'Redis';
  let last = '';
  return (error) => {
    const message = messageOf(error);
    if (message !== last) console.error(`The feed waits for ${where}: ${message}`);
    last = message;
  };
}
