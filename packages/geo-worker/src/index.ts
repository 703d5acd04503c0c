export { Area } from './area.js';
export type { Bbox } from './box.js';
export { BoxIndex } from './box-index.js';
export { type Crs, CrsError, DATA_CRS, resolveCrs } from './crs.js';
export { GeoMessage } from './message.js';
export { isIdentity, type View } from './view.js';
