/** The parts of the decoder that ais.js uses; the package has no types of its own. */
declare module 'ggencoder' {
  export interface AisDecode {
    readonly valid: boolean;
    readonly aistype: number;
    readonly mmsi: string;
    readonly shipname?: string;
    /** In degrees. */
    readonly lon: number;
    readonly lat: number;
    /** In knots. */
    readonly sog: number;
    /** Course over ground, and heading of the bow, in degrees. */
    readonly cog: number;
    readonly hdg: number;
  }
  const ggencoder: {
    /** The second argument keeps the first parts of messages that have several sentences. */
    AisDecode: new (
      sentence: string,
      halves: Record<string, unknown>,
    ) => AisDecode;
  };
  export default ggencoder;
}
