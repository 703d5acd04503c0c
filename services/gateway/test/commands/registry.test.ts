import { expect, test } from 'vitest';
import { builtins } from '../../src/commands/builtin/index.js';
import { defineCommand } from '../../src/commands/define-command.js';
import { CommandRegistry } from '../../src/commands/registry.js';
import { ConfigError } from '../../src/config/config.js';

function custom(name: string) {
  return defineCommand({ name, summary: 'A command of a test.', arguments: {} }, { run() {} });
}

test.each([
  ['after', (own: ReturnType<typeof custom>) => [...builtins, own]],
  ['before', (own: ReturnType<typeof custom>) => [own, ...builtins]],
])(
  'a custom command that comes %s the built-in ones replaces the one with its name, and is reported',
  (_, list) => {
    const ping = custom('ping');
    const replaced: string[] = [];
    const registry = new CommandRegistry(list(ping), (name) => replaced.push(name));
    expect(registry.get('PING')).toBe(ping);
    expect(replaced).toEqual(['PING']);
    expect(registry.names).toHaveLength(builtins.length);
  },
);

test('two custom commands of the same name are refused, even if they replace a built-in one', () => {
  for (const name of ['COUNT', 'PING']) {
    const make = () => new CommandRegistry([...builtins, custom(name), custom(name.toLowerCase())]);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(`two custom commands are called ${name}; rename one of them`);
  }
});
