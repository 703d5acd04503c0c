/** The address of a JSON file, as Vite gives it. */
declare module '*.json?url' {
  const url: string;
  export default url;
}
