// Written by npm run generate: one line for each file of this folder.
export * from './bbox.js';
export * from './buffer.js';
export * from './del.js';
export * from './get.js';
export * from './pget.js';
export * from './ping.js';
export * from './projection.js';
export * from './pub.js';
export * from './reset.js';
export * from './sub.js';
export * from './token.js';
