import type { Config } from '../config/config.js';
import type { CheckReport } from './check-report.js';
import type { RedisSurvey } from './redis-survey.js';

/** https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/ */
const FLAGS = { K: 'keyspace events', h: 'hash commands', g: 'DEL and EXPIRE', x: 'expired keys' } as const;

/** Flags that `A` stands for. */
const IN_ALL = 'ghx';

/** Says which flags Redis lacks to report changes of hashes: NOTIFY has no effect without them. */
export async function reportNotifications(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'onOne'>,
  { live }: Pick<Config, 'live'>,
): Promise<void> {
  if (live.notify.length === 0) return;
  let set: string;
  try {
    set = await survey.onOne(async (client) => {
      const answer = (await client.config('GET', 'notify-keyspace-events')) as string[];
      return answer[1] ?? '';
    });
  } catch {
    const remedy = 'set notify-keyspace-events to Khgx; only this check needs +config|get';
    report.note('NOTIFY', 'cannot read whether Redis notifies of changes', remedy);
    return;
  }
  const missing = Object.keys(FLAGS).filter(
    (flag) => !set.includes(flag) && !(set.includes('A') && IN_ALL.includes(flag)),
  );
  if (missing.length === 0) {
    report.ok('NOTIFY', `Redis notifies of changes in ${live.notify.join(', ')}`);
    return;
  }
  const named = missing.map((flag) => `${flag} (${FLAGS[flag as keyof typeof FLAGS]})`).join(', ');
  const remedy = `CONFIG SET notify-keyspace-events ${withAll(set)}, and the same in redis.conf`;
  report.problem(
    'NOTIFY',
    `Redis does not notify of all changes: notify-keyspace-events lacks ${named}`,
    remedy,
  );
}

/** The flags that are set, with those that are needed. */
function withAll(set: string): string {
  return [...new Set(`${set}${Object.keys(FLAGS).join('')}`)].join('');
}
