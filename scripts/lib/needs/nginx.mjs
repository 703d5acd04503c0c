// Vitest runs this once before the suites that start nginx, and only if some of them are selected.
import { ensureNginx } from '../needs.mjs';

export default async function setUp() {
  process.env.NGINX_PATH = await ensureNginx();
}
