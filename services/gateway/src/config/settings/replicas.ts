import { z } from 'zod';
import { integer, name, optional, secret, setting, text } from '../setting.js';

/** The admin API, and how replicas know each other. */
export const REPLICA_SETTINGS = {
  ADMIN_TOKEN: secret(
    setting(
      'admin.token',
      '',
      text(
        z.string().refine((token) => token === '' || /^[\x21-\x7e]{16,}$/u.test(token), {
          error: 'must be at least 16 characters of printable ASCII without spaces; use a random one',
        }),
      ),
      'Turns on the admin API at `/admin` for requests with `Authorization: Bearer <token>`, and lets replicas know each other. Use the same token on all replicas. Empty: both are off.',
    ),
  ),
  ADMIN_PORT: setting(
    'admin.port',
    '',
    optional(integer(0, 65_535)),
    'TCP port for the admin API alone, on the same `HOST`, so that no proxy in front of `PORT` can reach it: there, `/admin` is then like any unknown path. 0 takes any free port. Empty: the API is on `PORT`.',
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
  PEERS: setting(
    'peers',
    '',
    text(
      z.string().refine((value) => value === '' || /^[\w.-]+:[1-9]\d{0,4}$/u.test(value), {
        error: 'must be a host name and a port, such as gateway:8080',
      }),
    ),
    'Host name and port of all gateways, such as `gateway:8080`; the name resolves to the address of each. A gateway that stops then spreads the closing of its connections over `DRAIN_MS` only as long as another gateway is ready, and otherwise closes them at once, because nobody could take them over. Empty: it always takes `DRAIN_MS`.',
  ),
} as const;
