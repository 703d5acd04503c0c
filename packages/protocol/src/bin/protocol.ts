#!/usr/bin/env node
import { conformanceCommand } from '../conformance/command.js';

const HELP = `Usage: npx @viaduct/protocol conformance URL [options]

  conformance URL     tests whether a server conforms to PROTOCOL.md
  conformance --help  describes its options`;

const [command, ...rest] = process.argv.slice(2);
if (command === 'conformance') {
  process.exitCode = await conformanceCommand(rest);
} else if (command === '--help' || command === '-h') {
  console.log(HELP);
} else {
  console.error(command === undefined ? HELP : `there is no command "${command}"\n\n${HELP}`);
  process.exitCode = 2;
}
