import { connect } from '@viaduct/client';
import { useCollectionState, useFeature, useFeatures, useLiveCollection } from '@viaduct/client/react';
import { createElement as h, type ReactNode, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

interface Train {
  speed: number;
}

const viaduct = connect('/', { reconnectMinMs: 50, reconnectMaxMs: 500 });

/** How often each component was rendered. */
const renderings = { list: 0, speed: 0 };

function List({ channel }: { channel: string }): ReactNode {
  renderings.list++;
  // Another function at each rendering.
  const trains = useLiveCollection<Train>(viaduct, channel, { id: ({ id }) => `train ${id}` });
  const { state, error } = useCollectionState(trains);
  const ids = [...useFeatures(trains).keys()];
  return [
    h('p', { key: 'state', id: 'state' }, error === null ? state : `${state}: ${error.message}`),
    h('ul', { key: 'list' }, ...ids.map((id) => h('li', { key: id }, id))),
  ];
}

function Speed(): ReactNode {
  renderings.speed++;
  const train = useFeature(useLiveCollection<Train>(viaduct, 'trains'), 1);
  return h('p', { id: 'speed' }, train?.properties.speed ?? 'none');
}

let setChannel: (channel: string) => void = () => {};

function App(): ReactNode {
  const [channel, set] = useState('trains');
  setChannel = set;
  return [h(List, { key: 'list', channel }), h(Speed, { key: 'speed' })];
}

const root = createRoot(document.getElementById('map') as HTMLElement);
root.render(h(StrictMode, null, h(App)));

/** What the test works with. */
const live = {
  viaduct,
  renderings,
  setChannel: (channel: string) => setChannel(channel),
  unmount: () => root.unmount(),
};
export type LivePage = typeof live;
Object.assign(globalThis, { live });
