import type { Command } from '../command.js';
import { bbox } from './bbox.js';
import { buffer } from './buffer.js';
import { del } from './del.js';
import { get } from './get.js';
import { pget } from './pget.js';
import { ping } from './ping.js';
import { projection } from './projection.js';
import { pub } from './pub.js';
import { reset } from './reset.js';
import { sub } from './sub.js';
import { token } from './token.js';

/** The commands that every gateway has. */
export const builtins: readonly Command[] = [
  get,
  pget,
  sub,
  del,
  ping,
  bbox,
  projection,
  buffer,
  reset,
  token,
  pub,
];
