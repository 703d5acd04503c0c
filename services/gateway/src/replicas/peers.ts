import { lookup } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { hostInUrl } from '../http/http.js';

const CHECK_EVERY_MS = 1000;

/** A gateway that does not answer within this time, in milliseconds, counts as not ready. */
const ANSWER_WITHIN_MS = 2000;

/**
 * Resolves once no gateway behind a name is ready. While gateways cannot be found, that is unknown.
 *
 * @param peers host name and port
 * @param signal ends the wait; the promise then rejects
 */
export async function untilNobodyIsReady(peers: string, signal: AbortSignal): Promise<void> {
  // First wait a moment: gateways that stop together do not all get the signal at once.
  do await pause(CHECK_EVERY_MS, undefined, { signal });
  while (await mayBeReady(peers, signal));
}

/** A gateway that drains is not ready, so this gateway does not count itself. */
async function mayBeReady(peers: string, signal: AbortSignal): Promise<boolean> {
  const [host = '', port] = peers.split(':');
  const addresses = await lookup(host, { all: true }).catch(() => null);
  if (addresses === null) return true;
  const answers = await Promise.all(
    addresses.map(({ address }) => isReady(`http://${hostInUrl(address)}:${port}/readyz`, signal)),
  );
  return answers.includes(true);
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
