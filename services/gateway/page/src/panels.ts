import type { Api, Busiest, OneSession, Replicas, Session, Sessions } from './api.js';
import { element, type Row, showRows } from './elements.js';
import { duration, number, size } from './format.js';

/** The most rows of each list. */
const MAX_CHANNELS = '20';
const MAX_SESSIONS = '100';

function body(id: string): HTMLTableSectionElement {
  return element(id, HTMLTableSectionElement);
}

function setText(id: string, text: string): void {
  const place = element(id, HTMLElement);
  if (place.textContent !== text) place.textContent = text;
}

export async function showGateways(api: Api): Promise<void> {
  const { replicas, missing, complete } = await api.get<Replicas>('replicas');
  const rows = replicas.map(({ id, version, uptime, ready, draining, connections }): Row => {
    const state = draining ? 'draining' : ready ? 'ready' : 'not ready';
    const counts = [connections.raw, connections['socket.io'], connections.sse].map(number);
    return { key: id, cells: [id, state, version, duration(uptime), ...counts] };
  });
  showRows(body('gateways'), rows, [3, 4, 5, 6]);
  const unknown = complete ? '' : 'Redis does not answer, so other gateways are not shown.';
  setText('gateways-note', missing.length > 0 ? `No answer from ${missing.join(', ')}.` : unknown);
}

export async function showChannels(api: Api): Promise<void> {
  const by = element('by', HTMLSelectElement).value;
  const { channels } = await api.get<Busiest>('busiest', { by, limit: MAX_CHANNELS });
  const rows = channels.map(({ channel, messagesPerSecond, bytesPerSecond, subscribers }): Row => {
    return {
      key: channel,
      cells: [channel, number(messagesPerSecond), size(bytesPerSecond), number(subscribers)],
    };
  });
  showRows(body('channels'), rows, [1, 2, 3]);
  setText('channels-note', channels.length === 0 ? 'No client is subscribed to a channel.' : '');
}

/** @param select called with the id of a session that was chosen */
export async function showSessions(api: Api, channel: string, select: (id: string) => void): Promise<void> {
  const filter = channel === '' ? {} : { channel };
  const { total, truncated, replicas } = await api.get<Sessions>('sessions', {
    ...filter,
    limit: MAX_SESSIONS,
  });
  const listed = replicas.flatMap(({ sessions }) => sessions);
  const rows = listed.map(({ id, transport, address, since, subscriptionCount, queuedBytes }): Row => {
    const open = duration((Date.now() - since) / 1000);
    const numbers = [open, number(subscriptionCount), size(queuedBytes)];
    return { key: id, cells: [id, nameOf(transport), address ?? '', ...numbers] };
  });
  showRows(body('sessions'), rows, [3, 4, 5], select);
  const shown = truncated ? `, ${number(listed.length)} of them shown` : '';
  setText('sessions-note', `${number(total)} sessions${shown}.`);
}

export async function showDetails(api: Api, id: string): Promise<void> {
  const { session, replica } = await api.get<OneSession>(`sessions/${encodeURIComponent(id)}`);
  setText('details-title', `Session ${session.id}`);
  const list = element('facts', HTMLDListElement);
  const parts = factsOf(session, replica).flatMap(([name, text]) => {
    const [term, description] = [document.createElement('dt'), document.createElement('dd')];
    term.textContent = name;
    description.textContent = text;
    return [term, description];
  });
  list.replaceChildren(...parts);
}

function factsOf(session: Session, replica: string): [name: string, text: string][] {
  const { view, buffer, subscriptions, subscriptionCount } = session;
  const { bbox } = view;
  const more = subscriptionCount - subscriptions.length;
  const channels = subscriptions.join(', ') + (more > 0 ? ` and ${number(more)} more` : '');
  const hints = [
    ...view.hints,
    ...Object.entries(view.namedHints).map(([name, value]) => `${name}=${value}`),
  ];
  return [
    ['Gateway', replica],
    ['Transport', nameOf(session.transport)],
    ['Address', session.address ?? 'unknown'],
    ['Since', new Date(session.since).toISOString()],
    ['Channels', channels === '' ? 'none' : channels],
    [
      'Projection',
      view.axisOrder === 'xy' ? view.projection : `${view.projection}, axes as the CRS defines them`,
    ],
    [
      'Box',
      bbox === null ? 'none' : `${bbox.left} ${bbox.bottom} ${bbox.right} ${bbox.top} (${view.boxCrs})`,
    ],
    ['View hints', hints.length === 0 ? 'none' : hints.join(', ')],
    ['Trimmed to the box', view.trim ? 'yes' : 'no'],
    ['Held back by RESET', view.held ? 'yes, until the next BBOX' : 'no'],
    ['Buffer', buffer === null ? 'none' : `${buffer.size} messages, ${buffer.ms} ms`],
    ['Queued', `${number(session.queuedBytes)} bytes`],
    ['Shared limits', sharedLimits(session.account)],
  ];
}

/** What the session may use together with others, and what they use. */
function sharedLimits(account: Session['account']): string {
  if (account === null) return 'none';
  const { key, connections, subscriptions, limits } = account;
  const of = (limit: number | undefined): string => (limit === undefined ? '' : ` of ${number(limit)}`);
  return [
    key === null ? 'those of its token' : `those of the key ${key}`,
    `${number(connections)}${of(limits.connections)} connections`,
    `${number(subscriptions)}${of(limits.subscriptions)} subscriptions`,
    ...(limits.bytesPerSecond === undefined ? [] : [`${number(limits.bytesPerSecond)} bytes per second`]),
  ].join(', ');
}

function nameOf(transport: string): string {
  return transport === 'raw' ? 'WebSocket' : transport;
}
