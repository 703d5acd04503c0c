#!/usr/bin/env node
import { conformanceCommand } from './command.js';

process.exitCode = await conformanceCommand(process.argv.slice(2));
