// Vitest runs this once before the suites that read with GDAL, and only if some of them are selected.
import { ensureGdal } from '../needs.mjs';

export default async function setUp() {
  await ensureGdal();
}
