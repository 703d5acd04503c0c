import { pino } from 'pino';
import { loadConfig } from '../config/config.js';
import { misspeltSettings } from '../config/misspelt.js';
import { createGateway } from '../gateway.js';
import type { Gateway } from '../gateway-options.js';
import { logConsole } from '../observability/console.js';
import { endOnUncaughtErrors } from '../observability/uncaught-errors.js';

/** Runs one gateway in the foreground until a signal ends it. */
export async function serve(): Promise<void> {
  const config = loadConfig(process.env);
  const logger = pino({ level: config.logLevel });
  logConsole(logger);
  for (const { name, meant } of misspeltSettings(process.env))
    logger.warn({ variable: name }, `this is not a setting; did you mean ${meant}?`);
  const gateway = createGateway({ ...config, logger });
  endOnSignals(gateway, config.drainMs);
  endOnUncaughtErrors(gateway, logger, config.drainMs);
  await gateway.start();
}

/** SIGTERM drains; SIGINT, or a second signal, ends at once. */
function endOnSignals(gateway: Gateway, drainMs: number): void {
  let signalled = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const atOnce = signalled || signal === 'SIGINT';
      signalled = true;
      void gateway.close({ drainMs: atOnce ? 0 : drainMs }).then(() => process.exit(0));
    });
  }
}
