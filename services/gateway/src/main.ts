#!/usr/bin/env node
import { runCommandLine } from './cli/run.js';
import { ConfigError } from './config/config.js';

runCommandLine(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const text =
      error instanceof ConfigError ? error.message : String(error instanceof Error ? error.stack : error);
    process.stderr.write(`viaduct: cannot start.\n${text}\nSee --help for all settings.\n`);
    process.exitCode = 1;
  },
);
