import type { Attack } from '../attack.js';
import { BURSTS } from './bursts.js';
import { FRAMES } from './frames.js';
import { HTTP } from './http.js';
import { QUEUES } from './queues.js';
import { READS } from './reads.js';
import { TOKEN_ATTACKS } from './tokens.js';
import { VIEWS } from './views.js';

/** Every attack, by what it tries to exhaust. */
export const ATTACKS: readonly Attack[] = [
  ...READS,
  ...VIEWS,
  ...QUEUES,
  ...BURSTS,
  ...FRAMES,
  ...HTTP,
  ...TOKEN_ATTACKS,
];
