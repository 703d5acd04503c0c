import type { SessionAccess } from '../auth/session-access.js';
import type { Connection } from '../delivery/connection.js';
import type { Outbox } from '../delivery/outbox.js';
import type { Answers } from './answers.js';
import type { Membership } from './membership.js';
import type { Subscriptions } from './subscriptions.js';
import type { SessionView } from './view.js';

/** The parts of a session. Commands must not get access to any of them. */
export interface SessionParts {
  readonly connection: Connection;
  readonly view: SessionView;
  readonly access: SessionAccess;
  readonly membership: Membership;
  readonly outbox: Outbox;
  readonly answers: Answers;
  readonly subscriptions: Subscriptions;
}
