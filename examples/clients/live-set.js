/**
 * Keeps exactly the features that are in the view, for a subscription with `live=true`. Give it every envelope that
 * arrives. `held` has the features by id, and is exact after each `snapshot_end` and `view`.
 *
 * @param {string} channel
 * @returns {{ held: Map<any, any>, take(envelope: any): void }}
 */
export function liveSet(channel) {
  const held = new Map();
  let arrived = new Set();
  return {
    held,
    take({ source, content, unlocated }) {
      if (source === channel && content?.type === 'Feature') {
        arrived.add(content.id);
        if (content.geometry === null && !unlocated) held.delete(content.id);
        else held.set(content.id, content);
      } else if (source === 'websocket' && content.channel === channel) {
        if (content.status === 'snapshot_begin') arrived = new Set();
        if (content.status === 'snapshot_end')
          for (const id of held.keys()) arrived.has(id) || held.delete(id);
        if (content.status === 'view') for (const id of content.left) held.delete(id);
      }
    },
  };
}
