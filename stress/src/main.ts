import { parseArgs } from 'node:util';
import { ATTACKS, fuzz } from './fuzz/run.js';
import { soak } from './soak/run.js';

const HELP = `Tests what a gateway survives without its well-behaved clients noticing.

Usage: npm run fuzz -- [flags]    malformed handshakes, frames, packets, commands and GeoJSON
       npm run soak -- [flags]    traffic, clients that come and go, and faults; memory and handles must stay flat

Each starts a gateway of this workspace with a private Redis, and exits with code 1 if something went wrong.

  --seconds N    fuzz: seconds for each kind of input [60]
  --only A,B     fuzz: ${ATTACKS.map(({ name }) => name).join(', ')} [all]
  --minutes N    soak: duration [30]
  --cycle N      soak: seconds of traffic between two memory samples [20]
  --seed N       a whole number; the same seed repeats the same run [from the clock]
  --help         this text
`;

const FLAGS = {
  seconds: { type: 'string', default: '60' },
  only: { type: 'string', default: '' },
  minutes: { type: 'string', default: '30' },
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
    if (values.help || (task !== 'fuzz' && task !== 'soak')) {
      console.log(HELP);
      return values.help ? 0 : 2;
    }
    console.log(`Seed ${seed}`);
    return task === 'fuzz'
      ? await runFuzz(positive('--seconds', values.seconds), values.only, seed)
      : await runSoak(positive('--minutes', values.minutes), positive('--cycle', values.cycle), seed);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

async function runFuzz(seconds: number, only: string, seed: number): Promise<number> {
  const names = only === '' ? ATTACKS.map(({ name }) => name) : only.split(',');
  const attacks = ATTACKS.filter(({ name }) => names.includes(name));
  if (attacks.length < names.length)
    throw new Error(`--only takes ${ATTACKS.map(({ name }) => name).join(', ')}`);
  const results = await fuzz({ attacks, seconds, seed, log: console.log });
  return results.every(({ failure }) => failure === null) ? 0 : 1;
}

async function runSoak(minutes: number, cycleSeconds: number, seed: number): Promise<number> {
  const result = await soak({ minutes, cycleSeconds, seed, log: console.log });
  const { cycles, clients, messages, problems } = result;
  console.log(`${cycles} cycles, ${clients} clients, ${messages} messages to them.`);
  console.log(problems.length === 0 ? 'Memory and handles stayed flat.' : problems.join('\n'));
  return problems.length === 0 ? 0 : 1;
}

/** @throws Error that names the flag */
function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`${flag} is "${text}"; it must be a number above 0`);
}
