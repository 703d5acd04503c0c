import type { Labels, NetworkPeer, NetworkPolicy, NetworkRule } from './objects.js';
import { selects } from './selector.js';

/** One end of a connection: a pod of the rendering, or a pod of another namespace. */
export interface Party {
  labels: Labels;
  /** Labels of its namespace if that is another one than the policies' own. */
  namespace?: Labels;
}

/** A port to connect to. */
export interface Port {
  port: number;
  protocol: 'TCP' | 'UDP';
}

export function tcp(port: number): Port {
  return { port, protocol: 'TCP' };
}

/**
 * Whether the policies of a namespace let `from` connect to a port of `to`, by the rules of Kubernetes: what no
 * policy of a direction selects is free, what one selects needs a rule that allows it, at both ends.
 */
export function permits(policies: readonly NetworkPolicy[], from: Party, to: Party, port: Port): boolean {
  return (
    permitsOneEnd(policies, 'Egress', from, to, port) && permitsOneEnd(policies, 'Ingress', to, from, port)
  );
}

function permitsOneEnd(
  policies: readonly NetworkPolicy[],
  direction: 'Ingress' | 'Egress',
  own: Party,
  other: Party,
  port: Port,
): boolean {
  if (own.namespace !== undefined) return true;
  const selecting = policies.filter(
    ({ spec }) => spec.policyTypes.includes(direction) && selects(spec.podSelector, own.labels),
  );
  const rules = selecting.flatMap(({ spec }) => (direction === 'Ingress' ? spec.ingress : spec.egress) ?? []);
  return selecting.length === 0 || rules.some((rule) => ruleAllows(rule, direction, other, port));
}

function ruleAllows(rule: NetworkRule, direction: 'Ingress' | 'Egress', other: Party, port: Port): boolean {
  const peers = direction === 'Ingress' ? rule.from : rule.to;
  const portFits =
    rule.ports === undefined ||
    rule.ports.some(
      ({ port: number, protocol = 'TCP' }) => number === port.port && protocol === port.protocol,
    );
  return portFits && (peers === undefined || peers.some((peer) => peerIs(peer, other)));
}

function peerIs({ podSelector, namespaceSelector, ...rest }: NetworkPeer, party: Party): boolean {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`this test does not know the peer ${unknown}`);
  const inNamespace =
    namespaceSelector === undefined
      ? party.namespace === undefined
      : party.namespace !== undefined && selects(namespaceSelector, party.namespace);
  return inNamespace && (podSelector === undefined || selects(podSelector, party.labels));
}
