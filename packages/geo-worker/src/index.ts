export { Area, type AreaOptions } from './area.js';
export type { Bbox } from './box.js';
export { BoxIndex } from './box-index.js';
export { type Crs, CrsError, DATA_CRS, resolveCrs } from './crs.js';
export { type FeatureId, idText } from './feature-id.js';
export { GeoMessage } from './message.js';
export { PlaceIndex, type PlaceSearch } from './place-index.js';
export {
  GeoPool,
  GeoPoolError,
  type GeoPoolObserver,
  type GeoPoolOptions,
  type WorkerFailure,
} from './pool.js';
export { decidedByEnvelope } from './portion-task.js';
export {
  type BoxList,
  type Frame,
  Kind,
  type MessageResult,
  type MessageTask,
  type PortionResult,
  type PortionTask,
  type Readings,
  type Recipients,
  type ResultOf,
  type Task,
} from './tasks.js';
export { isIdentity, type View } from './view.js';
