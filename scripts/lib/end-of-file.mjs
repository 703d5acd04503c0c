// Vitest runs this before each test file.
import { endFile } from '@viaduct/testkit/teardown';
import { afterAll } from 'vitest';

afterAll(endFile);
