/** The colours of the map. Canvases use them, so they are here and not in the style sheets. */
export interface Palette {
  sea: string;
  land: string;
  coast: string;
  border: string;
  grid: string;
  railway: string;
  country: string;
  city: string;
  train: string;
  plane: string;
  /** Around symbols and letters, to separate them from the ground. */
  halo: string;
  selection: string;
}

const LIGHT: Palette = {
  sea: '#dfe9ee',
  land: '#fbfaf6',
  coast: '#a9bcc6',
  border: '#d3d5d0',
  grid: '#3c647614',
  railway: '#cdbfae',
  country: '#97a3a8',
  city: '#4d5e68',
  train: '#c8410b',
  plane: '#2448c8',
  halo: '#fffffff0',
  selection: '#0b6e6e',
};

const DARK: Palette = {
  sea: '#0a1318',
  land: '#15212a',
  coast: '#34495a',
  border: '#2a3a46',
  grid: '#a9c7d40f',
  railway: '#3e4a52',
  country: '#5f727e',
  city: '#a3b4be',
  train: '#ff9d5c',
  plane: '#8db4ff',
  halo: '#0a1318e6',
  selection: '#4fd1c5',
};

/** The colours of the page's scheme. */
export function palette(scheme: 'light' | 'dark'): Palette {
  return scheme === 'dark' ? DARK : LIGHT;
}
