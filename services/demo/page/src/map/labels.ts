import { geoArea, geoCentroid, geoDistance } from 'd3-geo';
import type { MultiPolygon, Polygon } from 'geojson';
import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import VectorLayer from 'ol/layer/Vector.js';
import VectorSource from 'ol/source/Vector.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';
import { type LonLat, type MapCrs, metresPerUnit, projector } from '../crs.js';
import type { Palette } from './palette.js';
import { CITIES } from './places.js';
import type { World } from './world.js';

const FONT = "'Inter Variable', system-ui, sans-serif";

interface Label {
  name: string;
  position: LonLat;
  kind: 'city' | 'country';
  /** Maximum metres per pixel at which it is written. */
  upTo: number;
  /** If two need the same space, the greater one gets it. */
  weight: number;
}

/** Radius of the Earth in metres. */
const RADIUS = 6_371_009;

/** Names of cities and countries, as many as there is space for. */
export class LabelLayer extends VectorLayer<VectorSource> {
  #labels: Label[] = cityLabels();
  #crs: MapCrs | null = null;
  #metresPerUnit = 1;
  #palette: Palette;

  constructor(colours: Palette) {
    super({ source: new VectorSource(), declutter: true, updateWhileAnimating: true });
    this.#palette = colours;
    this.setRenderOrder((one, other) => Number(other.get('weight')) - Number(one.get('weight')));
    this.setStyle((feature, resolution) => this.#styleOf(feature as Feature, resolution));
  }

  setCrs(crs: MapCrs): void {
    this.#crs = crs;
    this.#metresPerUnit = metresPerUnit(crs);
    this.#place();
  }

  setWorld({ countries }: World): void {
    this.#labels = [...cityLabels(), ...countries.map(({ name, geometry }) => countryLabel(name, geometry))];
    this.#place();
  }

  setPalette(colours: Palette): void {
    this.#palette = colours;
    this.#place();
  }

  #place(): void {
    const crs = this.#crs;
    if (crs === null) return;
    const project = projector(crs);
    const { cap } = crs;
    const shown = this.#labels.filter(
      ({ position }) => cap === null || isNear(position, cap.center, cap.radius),
    );
    const source = this.getSource();
    source?.clear(true);
    source?.addFeatures(
      shown.map((label) => {
        const feature = new Feature({ geometry: new Point(project(label.position)), ...label });
        feature.set('style', labelStyle(label, this.#palette));
        return feature;
      }),
    );
  }

  #styleOf(feature: Feature, resolution: number): Style | undefined {
    const metres = resolution * this.#metresPerUnit;
    if (metres > Number(feature.get('upTo'))) return undefined;
    if (feature.get('kind') === 'country' && metres < 350) return undefined;
    return feature.get('style') as Style;
  }
}

function cityLabels(): Label[] {
  return CITIES.map(({ name, position, weight }) => ({
    name,
    position,
    kind: 'city',
    weight,
    upTo: weight >= 4 ? 8500 : weight >= 2 ? 3600 : 1500,
  }));
}

/** In the middle of the largest part of a country, if that is large enough for its name. */
function countryLabel(name: string, geometry: Polygon | MultiPolygon): Label {
  const parts = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  const polygons = parts.map((coordinates): Polygon => ({ type: 'Polygon', coordinates }));
  const areas = polygons.map((polygon) => geoArea(polygon));
  const largest = polygons[areas.indexOf(Math.max(...areas))] ?? geometry;
  const width = Math.sqrt(Math.max(...areas)) * RADIUS;
  const [longitude = 0, latitude = 0] = geoCentroid(largest);
  return {
    name,
    position: [longitude, latitude],
    kind: 'country',
    weight: width / 1e6,
    upTo: width / (name.length * 7),
  };
}

function isNear(place: LonLat, center: LonLat, degrees: number): boolean {
  return (geoDistance([...place], [...center]) * 180) / Math.PI < degrees;
}

function labelStyle({ name, kind, weight }: Label, colours: Palette): Style {
  const halo = new Stroke({ color: colours.halo, width: 3 });
  if (kind === 'country') {
    return new Style({
      text: new Text({
        text: [...name.toUpperCase()].join('\u200a'),
        font: `600 10.5px ${FONT}`,
        fill: new Fill({ color: colours.country }),
        stroke: halo,
        padding: [6, 6, 6, 6],
      }),
    });
  }
  return new Style({
    image: new Circle({
      radius: weight >= 4 ? 2.4 : 1.8,
      fill: new Fill({ color: colours.city }),
      stroke: new Stroke({ color: colours.halo, width: 1 }),
      declutterMode: 'obstacle',
    }),
    text: new Text({
      text: name,
      font: `${weight >= 4 ? 600 : 500} ${weight >= 4 ? 12.5 : 11.5}px ${FONT}`,
      fill: new Fill({ color: colours.city }),
      stroke: halo,
      textAlign: 'left',
      offsetX: 6,
      offsetY: -8,
      padding: [3, 5, 3, 5],
    }),
  });
}
