import { expect, test } from 'vitest';
import { ask } from '../../src/redis/ask.js';
import { startLocalSentinels } from '../../src/redis/index.js';
import { eventually } from '../../src/wait.js';

test('Sentinels with passwords know the master, promote the replica on request, and stop ends all', async () => {
  const setting = await startLocalSentinels({ password: 'one', sentinelPassword: 'two' });
  const { servers, sentinels } = setting;
  const [master, replica] = servers;
  const role = (port: number): Promise<string> => ask(port, 'AUTH one\r\nROLE');
  try {
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
    expect(setting.url).toBe(`redis+sentinel://${hosts}/mymaster`);
    await expect(ask(master.port, 'ROLE')).rejects.toThrow('NOAUTH');
    await expect(ask(sentinels[0]?.port ?? 0, 'SENTINEL MASTERS')).rejects.toThrow('NOAUTH');
    expect(await role(master.port)).toContain('master');
    expect(await role(replica.port)).toContain('slave');
    await setting.failOver();
    await eventually(async () => expect(await role(replica.port)).toContain('master'));
    await eventually(async () => {
      for (const { port } of sentinels) {
        const question = 'AUTH two\r\nSENTINEL GET-MASTER-ADDR-BY-NAME mymaster';
        expect(await ask(port, question)).toContain(`\r\n${replica.port}\r\n`);
      }
    });
  } finally {
    await setting.stop();
  }
  for (const { port } of [...servers, ...sentinels]) {
    await expect(ask(port, 'PING')).rejects.toThrow('ECONNREFUSED');
  }
});
