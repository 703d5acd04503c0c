// node scripts/lint-prose.mjs: looks for the phrases of scripts/prose.yml, and fails if there are any.
import { execFileSync } from 'node:child_process';
import { checkFile } from './lib/prose/check.mjs';
import { readRules } from './lib/prose/rules.mjs';
import { ROOT } from './lib/workspace.mjs';

const { files, rules } = readRules();
const pathspecs = files.map((file) => (file.startsWith('!') ? `:!${file.slice(1)}` : file));
const paths = execFileSync('git', ['ls-files', '-z', '--', ...pathspecs], { cwd: ROOT, encoding: 'utf8' });
const checks = paths
  .split('\0')
  .filter(Boolean)
  .map((file) => checkFile(file, rules));
const found = (await Promise.all(checks)).flat();
for (const line of found) console.error(line);
console.log(`${checks.length} files checked for plain English, ${found.length} phrases found`);
process.exit(found.length === 0 ? 0 : 1);
