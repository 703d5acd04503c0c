/**
 * Keeps exactly the features that are in the view, for a subscription with `live=true`. Give it every envelope that
 * arrives, also those in lists. `held` has the features by id, and is exact after each `snapshot_end` and `view`.
 *
 * @param {string} channel
 * @param {(feature: any) => any} idOf finds the id of a feature; if it is a property of yours: `({ id, properties }) => id ?? properties?.train`
 * @returns {{ held: Map<any, any>, take(envelope: any): void }}
 */
export function liveSet(channel, idOf = ({ id }) => id) {
  const held = new Map();
  let missing = new Set();
  return {
    held,
    take({ source, content, client_reference: reference, unlocated }) {
      if (source === channel && reference === null && content?.type === 'Feature') {
        const id = idOf(content) ?? null;
        if (id === null) return;
        missing.delete(id);
        if (content.geometry === null && !unlocated) held.delete(id);
        else held.set(id, content);
      } else if (source === 'websocket' && content.channel === channel) {
        if (content.status === 'snapshot_begin') missing = new Set(held.keys());
        if (content.status === 'snapshot_end') for (const id of missing) held.delete(id);
        if (content.status === 'view') for (const id of content.left) held.delete(id);
      }
    },
  };
}
