// node scripts/lint-prose.mjs: looks for the phrases of scripts/prose.yml, and fails if there are any.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { phrasesIn } from './lib/prose.mjs';
import { ROOT } from './lib/run.mjs';

const read = (/** @type {string} */ file) => readFileSync(join(ROOT, file), 'utf8');
const { files, rules } = parse(read('scripts/prose.yml'));
const pathspecs = files.map((/** @type {string} */ file) => file.replace(/^!/u, ':!'));
const listed = execFileSync('git', ['ls-files', '-z', '--', ...pathspecs], { cwd: ROOT, encoding: 'utf8' });
const paths = listed.split('\0').filter(Boolean);
const found = paths.flatMap((file) => phrasesIn(file, read(file), rules));
for (const line of found) console.error(line);
console.log(`${paths.length} files checked for plain English, ${found.length} phrases found`);
process.exit(found.length === 0 ? 0 : 1);
