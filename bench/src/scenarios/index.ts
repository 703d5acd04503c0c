import { BIG_SCENARIOS } from './big.js';
import { COMPRESSION_SCENARIOS } from './compression.js';
import { COST_SCENARIOS } from './cost.js';
import { FAN_OUT_SCENARIOS } from './fan-out.js';
import { FIXED_LOAD_SCENARIOS } from './fixed-load.js';
import { GAP } from './gap.js';
import { HTTP_SCENARIOS } from './http.js';
import { HTTP_BESIDE_SCENARIOS } from './http-beside.js';
import { LIVE_SCENARIOS } from './live.js';
import { MEMORY_SCENARIOS } from './memory.js';
import { MOTION_SCENARIOS } from './motion.js';
import { SCALING_SCENARIOS } from './scaling.js';
import type { Scenario } from './scenario.js';
import { SNAPSHOT_SCENARIOS } from './snapshot.js';

const ORDER =
  'A B C D E F G M PAN PAN_LIVE LEAVE LIVE_STORM GHOSTS GAP ITEMS ITEMS_BESIDE EVENTS CHANNELS IO STORM GROWTH SCALE DEFLATE LONE BIG COST'.split(
    ' ',
  );

/** All scenarios, in the order of runs and tables. */
export const SCENARIOS: readonly Scenario[] = [
  ...FAN_OUT_SCENARIOS,
  ...FIXED_LOAD_SCENARIOS,
  ...SNAPSHOT_SCENARIOS,
  ...MEMORY_SCENARIOS,
  ...MOTION_SCENARIOS,
  ...LIVE_SCENARIOS,
  GAP,
  ...HTTP_SCENARIOS,
  ...HTTP_BESIDE_SCENARIOS,
  ...SCALING_SCENARIOS,
  ...BIG_SCENARIOS,
  ...COMPRESSION_SCENARIOS,
  ...COST_SCENARIOS,
].sort((a, b) => ORDER.indexOf(a.id) - ORDER.indexOf(b.id));
