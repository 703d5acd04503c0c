import { endedStatus } from '../auth/session-access.js';
import { statusMessage } from '../delivery/messages.js';
import type { SessionParts } from './parts.js';
import type { SessionServices } from './services.js';

/**
 * Replaces the permissions of a session with those of a token. Ends subscriptions that the token does not allow.
 *
 * @throws CommandError `invalid_token`, `source_unavailable` or `account_full`; the session is then unchanged
 */
export async function renew(
  token: string,
  { access, membership, view, outbox, subscriptions, answers }: SessionParts,
  metrics: Pick<SessionServices['metrics'], 'errors'>,
): Promise<void> {
  await access.renew(token, (grant) => membership.move(grant));
  // What is queued was within the old area when it was sent. It must not arrive later than anything that is in the new one.
  if (access.area?.id !== view.area?.id) outbox.release();
  view.setArea(access.area);
  for (const channel of [...subscriptions.keys()]) {
    if (access.mayRead(channel)) continue;
    subscriptions.unsubscribe(channel);
    metrics.errors.inc({ code: 'not_allowed' });
    answers.sendEnvelope(statusMessage(endedStatus(channel, 'the new token does not allow it'), null));
  }
}
