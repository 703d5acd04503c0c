import VectorLayer from 'ol/layer/Vector.js';
import type VectorSource from 'ol/source/Vector.js';
import Circle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import type { Palette } from './palette.js';

/** Features of any kind: points as discs, lines and areas as such. */
export class OwnLayer extends VectorLayer<VectorSource> {
  constructor(colours: Palette) {
    super({});
    this.setPalette(colours);
  }

  setPalette({ selection, halo }: Palette): void {
    const disc = new Circle({
      radius: 5,
      fill: new Fill({ color: selection }),
      stroke: new Stroke({ color: halo, width: 1.5 }),
    });
    this.setStyle(
      new Style({
        image: disc,
        stroke: new Stroke({ color: selection, width: 2 }),
        fill: new Fill({ color: `${selection}33` }),
      }),
    );
  }
}
