// The demo: `npm start` after its set-up, or `node services/demo/dist/main.js`.
import { banner } from './banner.js';
import { startDemo } from './demo.js';
import { readableError } from './readable-error.js';
import { onStopSignal } from './stop-signals.js';

let stop = async (): Promise<void> => undefined;
// From the first moment: Ctrl-C while something starts must not leave a Redis behind.
onStopSignal(() => stop());

try {
  const demo = await startDemo(process.env, (error) => console.error(`Feed: ${readableError(error, process.env)}`));
  stop = demo.stop;
  console.log(banner(demo));
} catch (error) {
  console.error(`Viaduct could not start.\n\n${readableError(error, process.env)}`);
  process.exit(1);
}
