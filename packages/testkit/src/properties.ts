import fc from 'fast-check';
import { SEED } from './random.js';

fc.configureGlobal({ seed: SEED });

/** fast-check, with the seed of the tests. */
export { fc };
