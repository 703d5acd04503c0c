import { connect, LiveCollection } from '@viaduct/client';
import { addLiveFeatures, followMap } from '@viaduct/client/leaflet';
import L from 'leaflet';

const viaduct = connect('/', { reconnectMinMs: 50, reconnectMaxMs: 500 });
const map = L.map('map', { zoomAnimation: false, fadeAnimation: false }).setView([47, 8], 7);
const refusals: unknown[] = [];
const stop = followMap(viaduct, map, { debounceMs: 50, onError: (error) => refusals.push(error) });
const collection = new LiveCollection(viaduct, 'trains');
const layer = L.geoJSON(null, {
  pointToLayer: (_feature, place) => L.circleMarker(place, { radius: 5 }),
  style: (feature) => ({ color: feature?.properties.speed > 100 ? '#f00' : '#00f' }),
  filter: ({ properties }) => properties.hidden !== true,
  onEachFeature: ({ id }, part) => part.bindPopup(`train ${id}`, { autoPan: false }),
}).addTo(map);
addLiveFeatures(layer, collection);

/** The features on the map: what Leaflet has made of each, by its property `name`. */
function shown(): Record<string, unknown> {
  return Object.fromEntries(
    layer.getLayers().map((part) => {
      const { feature } = part as L.CircleMarker;
      const place = part instanceof L.CircleMarker ? map.latLngToContainerPoint(part.getLatLng()) : null;
      const look =
        place === null ? feature?.geometry.type : [place.x, place.y].map((x) => Math.round(x / 10) * 10);
      return [feature?.properties.name, [look, (part as L.Path).options.color]];
    }),
  );
}

/** What the test works with. */
const live = { viaduct, collection, map, layer, stop, refusals, shown };
export type LivePage = typeof live;
Object.assign(globalThis, { live });
