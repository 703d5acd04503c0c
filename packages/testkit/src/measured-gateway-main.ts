import { pathToFileURL } from 'node:url';
import { GATEWAY_MAIN } from './programs.js';

// The gateway as it is deployed, in a process that ends with its parent and reports its memory on request.
process.on('disconnect', () => process.exit());
process.on('message', () => {
  // Twice: objects that the first collection frees may hold on to more.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss, arrayBuffers } = process.memoryUsage();
  const handles = process
    .getActiveResourcesInfo()
    .filter((kind) => kind !== 'Immediate' && kind !== 'Timeout');
  process.send?.({ heapUsed, rss, arrayBuffers, handles: handles.length });
});
// A stopped gateway ends although the connection to the parent is open.
process.channel?.unref();
await import(pathToFileURL(GATEWAY_MAIN).href);
