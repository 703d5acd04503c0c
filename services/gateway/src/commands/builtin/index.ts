import type { Command } from '../command.js';
import * as all from './all.js';

/** The commands that every gateway has. */
export const builtins: readonly Command[] = Object.values(all);
