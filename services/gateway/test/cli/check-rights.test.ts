import { expect, test } from 'vitest';
import { neededCommands } from '../../src/cli/check-rights.js';
import { loadConfig } from '../../src/config/config.js';

/** The commands that replicas need for each other with this Redis. */
function commandsOfReplicas(url: string): string[] {
  const config = loadConfig({ REDIS_URL: url, ADMIN_TOKEN: 'token-of-the-operators-1' });
  return neededCommands(config).map(({ command: [name, argument] }) =>
    name === 'PUBSUB' ? `${name} ${argument}` : name,
  );
}

test.each([
  ['redis+cluster://h:7000', ['SPUBLISH', 'PUBSUB SHARDNUMSUB']],
  // The scheme of a URL is not case-sensitive (RFC 3986 section 3.1).
  ['REDIS+Cluster://h:7000', ['SPUBLISH', 'PUBSUB SHARDNUMSUB']],
  ['redis://:secret+cluster:@h:7000', ['PUBLISH', 'PUBSUB NUMSUB']],
  ['redis://h:7000', ['PUBLISH', 'PUBSUB NUMSUB']],
])('with %s, the commands to try for replicas are %j', (url, commands) => {
  expect(commandsOfReplicas(url)).toEqual(commands);
});

test.each(['STREAMS', 'NOTIFY'])(
  '%s is refused for a Redis Cluster however its scheme is written',
  (setting) => {
    const load = (REDIS_URL: string) => () =>
      loadConfig({ REDIS_URL, CHANNELS: 'trains', [setting]: 'trains' });
    expect(load('Redis+CLUSTER://h:7000')).toThrow('names a Redis Cluster');
    expect(load('redis://:secret+cluster:@h:7000')).not.toThrow();
  },
);
