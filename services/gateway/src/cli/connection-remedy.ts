const ENDED = /closed the connection before it was ready|ECONNRESET|EPIPE|secure TLS connection/u;

const ENDED_REMEDY = 'write rediss:// if Redis uses TLS, and redis:// if not; check what else listens there';

/** The text of a failure, and how to fix it. The first row that fits is the right one. */
const REMEDIES: readonly (readonly [failure: RegExp, remedy: string])[] = [
  [
    /No Sentinel knows/u,
    'name the Sentinels and the master as they call it: redis+sentinel://host:port,host:port/mymaster',
  ],
  [/unknown command.*SENTINEL/iu, 'name Sentinels in REDIS_URL, or write redis:// for a server of its own'],
  [/cluster support disabled/iu, 'write redis:// in REDIS_URL: this is not a Redis Cluster'],
  [/serves? any slot|cannot serve/u, 'give every slot a master; CLUSTER INFO and CLUSTER NODES have more'],
  [
    /NOAUTH|WRONGPASS|ERR AUTH|invalid username-password/u,
    'put the user and password into REDIS_URL: redis://user:password@host:port',
  ],
  [/ENOTFOUND|EAI_AGAIN/u, "fix the host's name in REDIS_URL"],
  [/NOPERM/u, "fix the ACL of the gateway's user; ACL LOG has more"],
  [/DB index|invalid DB/u, 'name an existing database in REDIS_URL, or none'],
  [
    /no answer within|ETIMEDOUT/u,
    'check host, port and firewall, and write rediss:// if Redis uses TLS, and redis:// if not',
  ],
  [/MASTERDOWN/u, 'bring its master back, or let the replica serve alone: replica-serve-stale-data yes'],
  [/BUSY/u, 'wait until the script has ended, or end it with SCRIPT KILL'],
  [/LOADING/u, 'wait until Redis has loaded its data'],
  [/max number of clients/u, 'raise maxclients in redis.conf, or close connections'],
  [/protected mode/u, 'give Redis a password, or set protected-mode no if its network is safe'],
  [
    /certificate required|unknown ca/iu,
    'set REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE to a certificate that Redis accepts, and its key',
  ],
  [
    /(?:get|verify).*certificate|self-signed/iu,
    'set REDIS_TLS_CA_FILE to the certificate of the authority that Redis has its own from',
  ],
  [
    /certificate|SSL|TLS|wrong version number|packet length|EPROTO/iu,
    'use rediss:// if Redis uses TLS, and redis:// if not, with a certificate that this machine trusts',
  ],
  [ENDED, ENDED_REMEDY],
];

/**
 * How to fix a failed connection, judging by the message of Redis or the operating system.
 *
 * @param lacksCertificate whether the connection is encrypted, and the gateway has no certificate of its own
 */
export function connectionRemedy(failure: string, lacksCertificate = false): string {
  // Redis may end the connection before its reason, that it wants a certificate, has been read.
  if (lacksCertificate && ENDED.test(failure))
    return `set REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE if Redis asks for certificates; ${ENDED_REMEDY}`;
  const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(failure)) ?? [];
  return remedy ?? 'start Redis there, or correct REDIS_URL; check host, port and firewall';
}
