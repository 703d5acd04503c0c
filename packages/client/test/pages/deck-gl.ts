import { Deck } from '@deck.gl/core';
import { GeoJsonLayer } from '@deck.gl/layers';
import { connect, LiveCollection } from '@viaduct/client';
import { followDeck, liveData } from '@viaduct/client/deck-gl';
import type { Point } from 'geojson';

interface Train {
  name: string;
}

const viaduct = connect('/', { reconnectMinMs: 50, reconnectMaxMs: 500 });
const collection = new LiveCollection<Train, Point>(viaduct, 'trains');
const deck = new Deck({
  parent: document.getElementById('map') as HTMLDivElement,
  width: 600,
  height: 400,
  initialViewState: { longitude: 8, latitude: 47, zoom: 6 },
  controller: true,
  onLoad: () => follower.moved(),
  onViewStateChange: () => follower.moved(),
  onResize: () => follower.moved(),
});
const follower = followDeck(viaduct, deck, { debounceMs: 50 });
/** Ids of the features that deck.gl has computed. */
const computed = new Set<unknown>();
const stop = liveData(collection, (props) => {
  deck.setProps({
    layers: [
      new GeoJsonLayer<Train>({
        id: 'trains',
        pointRadiusMinPixels: 6,
        pickable: true,
        getFillColor: ({ id }) => {
          computed.add(id);
          return [200, 0, 0];
        },
        ...props,
      }),
    ],
  });
});

/** What deck.gl has drawn at a place of the canvas; null for nothing. */
function picked(x: number, y: number): string | null {
  const found = deck.pickObject({ x, y, radius: 4 });
  return (found?.object as { properties: Train } | undefined)?.properties.name ?? null;
}

/** What the test works with. */
const live = { viaduct, collection, deck, stop, follower, picked, computed };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
