type Schedule = (run: () => void) => void;

/** Found at the first call, because not everything that loads this module has a way to do it. */
let schedule: Schedule | undefined;

/**
 * Calls `run` in a task of its own, after those that are already queued. A timer would do that after milliseconds, and in a
 * hidden page only once a second.
 */
export function later(run: () => void): void {
  schedule ??= inNode() ?? inBrowser() ?? setTimeout;
  schedule(run);
}

function inNode(): Schedule | undefined {
  return (globalThis as { setImmediate?: Schedule }).setImmediate;
}

function inBrowser(): Schedule | undefined {
  if (typeof MessageChannel === 'undefined') return undefined;
  const queue: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => queue.shift()?.();
  return (run) => {
    queue.push(run);
    port2.postMessage(null);
  };
}
