import { runGateway } from '@viaduct/testkit/gateway';

/** A feature with an id. */
export const POINT =
  '{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[7.4,46.9]},"properties":{}}';

/** Runs `viaduct check` to its end. */
export async function check(env: Record<string, string>, ...options: string[]) {
  const { exit, gateway } = await runGateway(env, { arguments: ['check', ...options] });
  return { code: exit, text: gateway.stdout, errors: gateway.stderr };
}
