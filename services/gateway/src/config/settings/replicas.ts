import { z } from 'zod';
import { name, setting, text } from '../setting.js';

/** The admin API, and how replicas know each other. */
export const REPLICA_SETTINGS = {
  ADMIN_TOKEN: setting(
    'admin.token',
    '',
    text(
      z.string().refine((token) => token === '' || /^[\x21-\x7e]{16,}$/u.test(token), {
        error: 'must be at least 16 characters of printable ASCII without spaces; use a random one',
      }),
    ),
    'Turns on the admin API at `/admin` for requests with `Authorization: Bearer <token>`, and lets replicas know each other. Use the same token on all replicas. Empty: both are off.',
  ),
  REPLICA_ID: setting(
    'admin.replicaId',
    '',
    name,
    'Name of this replica in the admin API. Empty for the host name with a random suffix.',
  ),
  REPLICA_GROUP: setting(
    'admin.group',
    'viaduct',
    name,
    'Replicas with the same group name on the same Redis know each other.',
    'CLUSTER_NAME',
  ),
} as const;
