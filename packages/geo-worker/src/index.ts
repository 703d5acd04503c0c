export type { Bbox } from './box.js';
export { BoxIndex } from './box-index.js';
export { type Crs, CrsError, DATA_CRS, resolveCrs } from './crs.js';
export { isFeature, isObject } from './geojson.js';
export { GeoMessage } from './message.js';
export { isIdentity, type View } from './view.js';
