// Vitest runs this once before the suites that use an MQTT broker, and only if some of them are selected.
import { ensureMosquitto } from '../needs.mjs';

export default async function setUp() {
  await ensureMosquitto();
}
