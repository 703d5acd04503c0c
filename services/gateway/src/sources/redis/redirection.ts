import type { Redis } from 'ioredis';
import { SourceError } from '../source.js';
import { replyCode } from './errors.js';
import type { LinkCommands } from './portions.js';
import { hostOr, type RedisNode } from './url.js';

/** The node that serves a key, according to another node of the Redis Cluster. */
export interface Redirection {
  readonly node: RedisNode;
  /** The key has moved there, but not yet its slot: each command about it must follow ASKING. */
  readonly ask: boolean;
}

/**
 * The redirection with which a command failed; null if it failed otherwise.
 *
 * @param asked host of the redirecting node, which it means if it names no host
 */
export function redirectionOf(error: unknown, asked: string): Redirection | null {
  const cause = error instanceof SourceError ? error.cause : null;
  const code = replyCode(cause);
  if (!(cause instanceof Error) || (code !== 'MOVED' && code !== 'ASK')) return null;
  const [, host = '', port = ''] = /^\w+ \d+ (.*):(\d+)$/u.exec(cause.message) ?? [];
  if (port === '') return null;
  return { node: { host: hostOr(host, asked), port: Number(port) }, ask: code === 'ASK' };
}

/** The same commands, each after ASKING. */
export function asking<T>(commands: LinkCommands<T>): LinkCommands<T> {
  return (client, portion) => commands(askingFirst(client), portion);
}

function askingFirst(client: Redis): Redis {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        // If ASKING fails, so does the next command on the same connection, which reports it.
        target.asking().catch(() => {});
        return Reflect.apply(member, target, args);
      };
    },
  });
}
