import { endedStatus } from '../auth/session-access.js';
import { statusMessage } from '../delivery/messages.js';
import type { SessionDeps } from './deps.js';
import type { SessionParts } from './parts.js';

/**
 * Lets a session do what a token says, instead of what it could do before. Subscriptions that it does not allow end.
 *
 * @throws CommandError `invalid_token` or `source_unavailable`; all stays as it was
 */
export async function renew(
  token: string,
  { access, view, subscriptions, answers }: SessionParts,
  metrics: Pick<SessionDeps['metrics'], 'errors'>,
): Promise<void> {
  await access.renew(token);
  view.setArea(access.area);
  for (const channel of [...subscriptions.keys()]) {
    if (access.mayRead(channel)) continue;
    subscriptions.unsubscribe(channel);
    metrics.errors.inc({ code: 'not_allowed' });
    answers.tell(statusMessage(endedStatus(channel, 'the new token does not allow it'), null));
  }
}
