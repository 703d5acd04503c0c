import type { Attack } from '../attack.js';
import { BURSTS } from './bursts.js';
import { QUEUES } from './queues.js';
import { READS } from './reads.js';
import { VIEWS } from './views.js';

/** Every attack, by what it wants to exhaust. */
export const ATTACKS: readonly Attack[] = [...READS, ...VIEWS, ...QUEUES, ...BURSTS];
