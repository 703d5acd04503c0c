// Vitest runs this before each test file, whose process continues with the next one.
import { endFile } from '@viaduct/testkit/teardown';
import { afterAll, vi } from 'vitest';

afterAll(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await endFile();
});
