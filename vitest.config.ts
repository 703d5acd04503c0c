import { defineConfig } from 'vitest/config';

/** The manifests' suite needs kubectl or kustomize, which not everybody has: `npm test -- --kubernetes` adds it. */
const kubernetes = process.env.TEST_KUBERNETES === '1' ? ['k8s/test/**/*.test.ts'] : [];

export default defineConfig({
  test: {
    include: [
      '{packages,services}/*/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'e2e/test/**/*.test.ts',
      'stress/test/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
      ...kubernetes,
    ],
    // Suites start real servers and browsers; more at once would only make them wait for each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    disableConsoleIntercept: true,
  },
});
