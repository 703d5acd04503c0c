// Vitest runs this once before the suites of every lane.
import { ensureRedisServer } from '../needs.mjs';

export default async function setUp() {
  await ensureRedisServer();
}
