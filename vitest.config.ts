import { patience } from '@viaduct/testkit/wait';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const PATIENCE = patience();

/** A test waits for conditions, not for times: these bounds only end what would never end. */
const TEST_TIMEOUT_MS = 300_000 * PATIENCE;
const HOOK_TIMEOUT_MS = 300_000 * PATIENCE;
const POLL_TIMEOUT_MS = 90_000 * PATIENCE;

const IGNORED = ['**/node_modules/**', '**/dist/**', '.cache/**'];
const CLIENT = 'packages/client/test/**/*.test.ts';
const MANIFESTS = 'k8s/test/**/*.test.ts';

/** A lane is a Vitest project. Its suites share what they need; CONTRIBUTING.md says which suite belongs where. */
function lane(
  name: string,
  { include, exclude = [] }: { include: string; exclude?: string[] },
  needs: string[] = [],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [include],
      exclude: [...IGNORED, ...exclude],
      globalSetup: ['redis', ...needs].map((need) => `scripts/lib/needs/${need}.mjs`),
    },
  };
}

export default defineConfig({
  test: {
    // Suites start real servers and browsers, and wait for them: four keep two cores busy.
    maxWorkers: 4,
    // The files of a lane share a few processes: one for each would load the same modules again, for a third of all CPU time.
    isolate: false,
    setupFiles: ['scripts/lib/end-of-file.mjs'],
    // CommonJS modules are imported as Node imports them.
    deps: { interopDefault: false },
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: HOOK_TIMEOUT_MS,
    expect: { poll: { timeout: POLL_TIMEOUT_MS } },
    disableConsoleIntercept: true,
    coverage: {
      // Only what runs in the tests' own processes counts; most suites of the gateway run it as a process of its own.
      include: ['{packages,services}/*/src/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
    env: { TEST_PATIENCE: String(PATIENCE) },
    projects: [
      lane('quick', { include: '**/*.test.ts', exclude: ['**/*.{browser,long,alone}.test.ts', MANIFESTS] }),
      overSocketIo(lane('client-socket-io', { include: CLIENT, exclude: ['**/*.{browser,long}.test.ts'] })),
      lane('browser', { include: '**/*.browser.test.ts' }, ['browser']),
      lane('long', { include: '**/*.long.test.ts', exclude: ['**/*.browser.long.test.ts'] }, [
        'nginx',
        'gdal',
        'mosquitto',
        'promtool',
      ]),
      lane('long-browser', { include: '**/*.browser.long.test.ts' }, ['browser']),
      lane('kubernetes', { include: MANIFESTS }, ['helm']),
      alone(lane('alone', { include: '**/*.alone.test.ts' })),
    ],
  },
});

/** Runs the suites of the client over its other transport. */
function overSocketIo(project: TestProjectInlineConfiguration): TestProjectInlineConfiguration {
  return { ...project, test: { ...project.test, env: { CLIENT_TRANSPORT: 'socket.io' } } };
}

/** Runs the suites of a lane after those of all others, one at a time, because they measure or fill the machine. */
function alone(project: TestProjectInlineConfiguration): TestProjectInlineConfiguration {
  return { ...project, test: { ...project.test, maxWorkers: 1, sequence: { groupOrder: 1 } } };
}
