// The table of docs/performance.md with the results of long-tasks.mjs.

/** How the document names the maps. @type {Readonly<Record<string, string>>} */
const NAMES = {
  openlayers: '`VectorLayer`',
  webgl: '`WebGLVectorLayer`',
  points: '`LivePointLayer`',
  maplibre: 'MapLibre GL',
};

const SHOWN = ['long tasks', 'longest, ms', 'processor, ms'];

const COLUMNS = [
  'points',
  'map',
  ...['jumps', 'smooth'].flatMap((kind) => [`${kind}: long tasks`, `${kind}: longest`, `${kind}: CPU`]),
];

/**
 * @param {readonly Readonly<Record<string, unknown>>[]} rows each map without and with smooth movement, one after the other
 * @returns {string} Markdown
 */
export function markdownTable(rows) {
  const lines = rows
    .filter(({ smooth }) => smooth === false)
    .map((jumps) => {
      const smooth = rows.find(
        (row) => row.smooth === true && row.map === jumps.map && row.features === jumps.features,
      );
      const values = [jumps, smooth].flatMap((row) => SHOWN.map((name) => row?.[name] ?? '-'));
      return [Number(jumps.features).toLocaleString('en'), NAMES[String(jumps.map)], ...values];
    });
  return [COLUMNS, COLUMNS.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
