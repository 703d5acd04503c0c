import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

test.each([
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])(
  'a program whose libraries are older than the client checks its types, with module %s and resolution %s',
  async (module, moduleResolution) => {
    const options = { module, moduleResolution, target: 'es2022', lib: 'es2022,dom', types: '' };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const run = promisify(execFile)(
      process.execPath,
      [
        TSC,
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        '--ignoreConfig',
        ...words,
        'test/pages/react.ts',
      ],
      { cwd: PACKAGE },
    );
    // The compiler prints what is wrong.
    expect(await run.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: '' });
  },
);
