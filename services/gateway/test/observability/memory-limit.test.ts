import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { memoryLimit } from '../../src/observability/memory-limit.js';

test.each([
  ['that of the container', totalmem() / 2, totalmem() / 2],
  ['all memory of the machine if there is no limit', 0, totalmem()],
  // Without a limit, version 1 of cgroups has the highest multiple of the size of a page.
  ['all memory of the machine if the limit is higher', 2 ** 63 - 4096, totalmem()],
])('the limit of memory is %s', (_, limit, expected) => {
  expect(memoryLimit(limit)).toBe(expected);
});
