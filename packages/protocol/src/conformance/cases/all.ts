// Written by npm run generate: one line for each file of this folder.
export * from './bbox.js';
export * from './box-geometry.js';
export * from './buffer.js';
export * from './commands.js';
export * from './errors.js';
export * from './get.js';
export * from './live.js';
export * from './order.js';
export * from './pget.js';
export * from './projection.js';
export * from './reset.js';
export * from './snapshot.js';
export * from './subscribe.js';
