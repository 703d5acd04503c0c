import { expect, test } from 'vitest';
import { ask } from '../../src/redis/ask.js';
import { startLocalCluster } from '../../src/redis/index.js';
import { eventually } from '../../src/wait.js';

test('a cluster serves every slot, its replica takes over for a master, and stop ends all', async () => {
  const cluster = await startLocalCluster({ replicas: 1, args: ['--databases', '1'] });
  const nodes = [...cluster.masters, ...cluster.replicas];
  try {
    expect(cluster.url).toBe(`redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`);
    expect([cluster.masters.length, cluster.replicas.length]).toEqual([3, 3]);
    for (const { port } of nodes) {
      const info = await ask(port, 'CLUSTER INFO');
      expect(info).toContain('cluster_state:ok');
      expect(info).toContain('cluster_slots_assigned:16384');
      expect(await ask(port, 'CONFIG GET databases')).toContain('$1\r\n1\r\n');
    }
    const [master] = cluster.masters;
    const [replica] = cluster.replicas;
    expect(await ask(replica?.port ?? 0, 'ROLE')).toContain(`:${master?.port}\r\n`);
    await master?.kill();
    await eventually(async () => {
      expect(await ask(replica?.port ?? 0, 'ROLE')).toContain('master');
    });
  } finally {
    await cluster.stop();
  }
  for (const { port } of nodes) await expect(ask(port, 'PING')).rejects.toThrow('ECONNREFUSED');
});
