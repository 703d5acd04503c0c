/** Errors that nobody catches while `run` does its work: they are returned instead of ending the test. */
export async function uncaughtIn(run: () => Promise<void>): Promise<unknown[]> {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  const handlers = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', note);
  try {
    await run();
    // What is thrown in a microtask is reported before the next task.
    await new Promise(setImmediate);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const handler of handlers) process.on('uncaughtException', handler);
  }
  return uncaught;
}
