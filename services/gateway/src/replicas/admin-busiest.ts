import {
  type AdminAnswer,
  type AdminCall,
  completeness,
  type RowLimit,
  readLimit,
  sum,
} from './admin-call.js';
import { AdminError, readQuery } from './admin-http.js';
import type { BusyChannelReport } from './questions.js';

const LIMIT: RowLimit = { usual: 10, most: 100 };

/** The rates that can decide, and where a report has them. */
const RATES = { messages: 'messagesPerSecond', bytes: 'bytesPerSecond' } as const;

export async function listBusiest({ peers, query }: AdminCall): Promise<AdminAnswer> {
  const parameters = readQuery(query, ['by', 'limit']);
  const by = readRate(parameters.get('by'));
  const limit = readLimit(parameters, LIMIT);
  const result = await peers.ask('busiest', { by, limit });
  const rows = highest([...result.answers.values()], RATES[by], limit);
  const counted = await peers.ask('subscribers', { channels: rows.map(({ channel }) => channel) });
  const counts = [...counted.answers.values()];
  const channels = rows.map((row, i) => ({
    channel: row.channel,
    messagesPerSecond: rounded(row.messagesPerSecond),
    bytesPerSecond: rounded(row.bytesPerSecond),
    subscribers: sum(counts.map((subscribers) => subscribers[i] ?? 0)),
  }));
  return { ...completeness(result.complete ? counted : result), by, channels };
}

/**
 * Every replica with subscribers of a channel receives all of its messages, so the highest rate that any of them sees is
 * that of the channel. A channel among the highest is also among those of the replica that sees this rate, so the result
 * is exact although each replica lists only its own highest.
 */
function highest(
  reports: readonly (readonly BusyChannelReport[])[],
  rate: (typeof RATES)[keyof typeof RATES],
  limit: number,
): BusyChannelReport[] {
  const merged = new Map<string, BusyChannelReport>();
  for (const row of reports.flat()) {
    const known = merged.get(row.channel);
    if (known === undefined || row[rate] > known[rate]) merged.set(row.channel, row);
  }
  return [...merged.values()].sort((a, b) => b[rate] - a[rate]).slice(0, limit);
}

function readRate(text = 'messages'): keyof typeof RATES {
  if (text === 'messages' || text === 'bytes') return text;
  throw new AdminError('invalid_request', 'by must be messages or bytes');
}

/** To thousandths, because the rates of silent channels only approach 0. */
function rounded(rate: number): number {
  return Math.round(rate * 1000) / 1000;
}
