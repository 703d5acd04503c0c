import { pathToFileURL } from 'node:url';
import { GATEWAY_MAIN } from './programs.js';

// The gateway as it is deployed, in a process that ends with its parent and tells its memory when it is asked.
process.on('disconnect', () => process.exit());
process.on('message', () => {
  // Twice: what the first collection frees may hold on to more.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const handles = process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'Immediate' && kind !== 'Timeout');
  process.send?.({ heapUsed, rss, arrayBuffers, handles: handles.length });
});
// The connection to the parent must not keep a gateway running that has been told to end.
process.channel?.unref();
await import(pathToFileURL(GATEWAY_MAIN).href);
