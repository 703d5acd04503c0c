import { isDenied } from '../sources/redis/errors.js';
import type { CheckReport } from './check-report.js';
import type { RedisSurvey } from './redis-survey.js';

/** From this share of its limit, Redis is almost full. */
const ALMOST_FULL = 0.9;

/** What Redis does at its limit without removing any key. */
const KEEPS_ALL = 'noeviction';

/** The memory of a server. */
interface Memory {
  /** In bytes. */
  readonly used: number;
  /** Its limit; 0 for none. */
  readonly most: number;
  /** What Redis does at the limit. */
  readonly policy: string;
}

/** Says whether Redis may remove hashes because it is full, and whether it soon refuses what producers write. */
export async function reportMemory(report: CheckReport, survey: Pick<RedisSurvey, 'onEach'>): Promise<void> {
  const limited = (await memoryOf(survey)).filter(({ most }) => most > 0);
  const evicting = limited.find(({ policy }) => policy !== KEEPS_ALL);
  if (evicting !== undefined) {
    const text = `Redis removes keys when it is full (maxmemory-policy ${evicting.policy}), and hashes may be among them`;
    report.note('memory', text, `CONFIG SET maxmemory-policy ${KEEPS_ALL}, and the same in redis.conf`);
  }
  const fullest = Math.max(0, ...limited.map(({ used, most }) => used / most));
  if (fullest < ALMOST_FULL) return;
  const text = `Redis uses ${Math.floor(fullest * 100)} % of its maxmemory`;
  report.note('memory', text, 'raise maxmemory, or delete what nobody needs');
}

/** The memory of each server; empty if the user may not know. */
async function memoryOf(survey: Pick<RedisSurvey, 'onEach'>): Promise<Memory[]> {
  try {
    const infos = await survey.onEach((client) => client.info('memory'));
    return infos.map((info) => ({
      used: Number(/^used_memory:(\d+)/mu.exec(info)?.[1]),
      most: Number(/^maxmemory:(\d+)/mu.exec(info)?.[1]),
      policy: /^maxmemory_policy:(\S+)/mu.exec(info)?.[1] ?? '',
    }));
  } catch (error) {
    if (isDenied(error)) return [];
    throw error;
  }
}
