import { parseArgs } from 'node:util';
import { ATTACKS } from './attack/attacks/index.js';
import { attack } from './attack/command.js';
import { fuzz, INPUT_KINDS } from './fuzz/run.js';
import { soak } from './soak/run.js';

const HELP = `Tests what a gateway survives without its well-behaved clients noticing.

Usage: npm run fuzz -- [flags]    malformed handshakes, frames, packets, commands and GeoJSON
       npm run soak -- [flags]    traffic, clients that come and go, and faults; memory and handles must stay flat
       npm run attack -- [flags]  hostile clients beside an innocent one, which must notice nothing

Each starts gateways of this workspace with private Redis servers, and exits with code 1 if something went wrong.

  --seconds N    fuzz: seconds for each kind of input [60]; attack: for each attack [8]
  --only A,B     fuzz: ${INPUT_KINDS.map(({ name }) => name).join(', ')} [all]
                 attack: the names of attacks [all]
  --list         attack: prints what each attack does
  --random       attack: random mixtures of attacks, in random sizes
  --minutes N    soak: duration [30]; attack: duration of --random [10]
  --cycle N      soak: seconds of traffic between two memory samples [20]
  --seed N       a whole number; the same seed repeats the same run [from the clock]
  --help         this text
`;

const FLAGS = {
  seconds: { type: 'string' },
  only: { type: 'string', default: '' },
  list: { type: 'boolean' },
  random: { type: 'boolean' },
  minutes: { type: 'string' },
  cycle: { type: 'string', default: '20' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs the command line.
 *
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
    const seed = values.seed === undefined ? Date.now() % 2 ** 31 : positive('--seed', values.seed);
    const [task] = positionals;
    if (values.help || (task !== 'fuzz' && task !== 'soak' && task !== 'attack')) {
      console.log(HELP);
      return values.help ? 0 : 2;
    }
    if (task === 'attack' && values.list) {
      for (const { name, does } of ATTACKS) console.log(`${name}: ${does}`);
      return 0;
    }
    console.log(`Seed ${seed}`);
    const seconds = (otherwise: string): number => positive('--seconds', values.seconds ?? otherwise);
    const minutes = (otherwise: string): number => positive('--minutes', values.minutes ?? otherwise);
    if (task === 'fuzz') return await runFuzz(seconds('60'), values.only, seed);
    if (task === 'soak') return await runSoak(minutes('30'), positive('--cycle', values.cycle), seed);
    const attacks = selected(ATTACKS, values.only);
    const randomMinutes = values.random ? minutes('10') : null;
    return (await attack({ attacks, seconds: seconds('8'), randomMinutes, seed, log: console.log })) ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

async function runFuzz(seconds: number, only: string, seed: number): Promise<number> {
  const kinds = selected(INPUT_KINDS, only);
  const results = await fuzz({ kinds, seconds, seed, log: console.log });
  return results.every(({ failure }) => failure === null) ? 0 : 1;
}

async function runSoak(minutes: number, cycleSeconds: number, seed: number): Promise<number> {
  const result = await soak({ minutes, cycleSeconds, seed, log: console.log });
  const { cycles, clients, messages, problems } = result;
  console.log(`${cycles} cycles, ${clients} clients, ${messages} messages to them.`);
  console.log(problems.length === 0 ? 'Memory and handles stayed flat.' : problems.join('\n'));
  return problems.length === 0 ? 0 : 1;
}

/**
 * The attacks or kinds of input that `--only` names.
 *
 * @throws Error with all names if it names another one
 */
function selected<T extends { name: string }>(all: readonly T[], only: string): readonly T[] {
  if (only === '') return all;
  const names = only.split(',');
  const chosen = all.filter(({ name }) => names.includes(name));
  if (chosen.length === names.length) return chosen;
  throw new Error(`--only takes ${all.map(({ name }) => name).join(', ')}`);
}

/** @throws Error that names the flag */
function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${flag} is "${text}"; it must be a number above 0`);
}
