/**
 * Calls `run` in a task of its own, after those that are already queued. A timer would do that after milliseconds, and in a
 * hidden page only once a second.
 */
export const later: (run: () => void) => void = inNode() ?? inBrowser();

type Schedule = (run: () => void) => void;

function inNode(): Schedule | undefined {
  return (globalThis as { setImmediate?: Schedule }).setImmediate;
}

function inBrowser(): Schedule {
  const queue: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => queue.shift()?.();
  return (run) => {
    queue.push(run);
    port2.postMessage(null);
  };
}
