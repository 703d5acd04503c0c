import { constants, setPriority } from 'node:os';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { doMessage } from './message-task.js';
import { doPortion } from './portion-task.js';
import type { MessageResult, PortionResult, Task } from './tasks.js';

// On Linux, a thread has its own priority: if cores are scarce, the main thread goes first.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

/** Memory that the worker hands over instead of copying it. */
function buffersOf(result: MessageResult | PortionResult): ArrayBuffer[] {
  if ('bytes' in result) return [result.bytes.buffer];
  if (!result.valid) return [];
  return result.readings.flatMap(({ whole, trimmed }) =>
    [whole, ...trimmed.flat()].flatMap((bytes) => (bytes === null ? [] : [bytes.buffer])),
  );
}

/** Does a task in a thread of the pool. */
export default async function work(task: Task): Promise<unknown> {
  const result = task.kind === 'message' ? await doMessage(task) : await doPortion(task);
  return move({ [transferableSymbol]: buffersOf(result), [valueSymbol]: result });
}
