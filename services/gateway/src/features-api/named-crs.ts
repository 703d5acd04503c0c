import { type Crs, DATA_CRS, resolveCrs, type View } from '@viaduct/geo-worker';

/** The CRS of every answer and box whose request names no other: WGS 84 with longitude before latitude. */
export const CRS84 = 'http://www.opengis.net/def/crs/OGC/1.3/CRS84';

const EPSG = 'http://www.opengis.net/def/crs/EPSG/0/';

/** CRSs in which every collection is served. */
const COMMON = ['epsg:4326', 'epsg:3857'];

/** A CRS with the order of coordinates that its name stands for. */
export interface NamedCrs {
  readonly uri: string;
  readonly crs: Crs;
  readonly axisOrder: View['axisOrder'];
}

/** The CRSs in which one collection is served. */
export class CrsList {
  readonly #byUri: ReadonlyMap<string, NamedCrs>;

  private constructor(named: readonly NamedCrs[]) {
    this.#byUri = new Map(named.map((one) => [one.uri, one]));
  }

  /**
   * The common CRSs, and others.
   *
   * @param names such as `epsg:2056`
   * @throws CrsError if there is no such CRS
   */
  static async of(names: readonly string[]): Promise<CrsList> {
    const resolved = await Promise.all([...COMMON, ...names].map(resolveCrs));
    const epsg = [...new Set(resolved)].map((crs): NamedCrs => {
      return { uri: EPSG + crs.id.slice('epsg:'.length), crs, axisOrder: 'crs' };
    });
    return new CrsList([{ uri: CRS84, crs: DATA_CRS, axisOrder: 'xy' }, ...epsg]);
  }

  get uris(): string[] {
    return [...this.#byUri.keys()];
  }

  /** The CRS of that name; undefined if the collection is not served in it. */
  get(uri: string): NamedCrs | undefined {
    return this.#byUri.get(uri);
  }
}
