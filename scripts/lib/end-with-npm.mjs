/** Time between two checks of the parent process, in milliseconds. */
const INTERVAL_MS = 200;

/**
 * If npm runs this process, ends it when npm's shell ends. A SIGTERM to npm reaches only that shell, which forwards
 * nothing: without this, a stopped `npm start` would leave its servers running. The signal that we send to ourselves
 * is handled like one from outside.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, INTERVAL_MS);
  timer.unref();
}
