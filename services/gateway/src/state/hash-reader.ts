import { type HashEntries, type HashLimits, type Source, SourceError } from '../sources/source.js';
import type { ReadBudget } from './read-budget.js';
import type { Claim, ReadResult } from './read-reservation.js';

/** How long a hash that was too big is refused without being read again, in ms. */
const TOO_BIG_MS = 10_000;
/** The most hashes that are remembered as too big. */
const MAX_TOO_BIG = 1_000;

/** Reads hashes and single fields within the memory for reads. */
export class HashReader {
  readonly #source: Pick<Source, 'hashEntries' | 'hashField'>;
  readonly #budget: ReadBudget;
  readonly #maxValues: number;
  readonly #tooBig = new Map<string, { readonly error: SourceError; readonly until: number }>();

  /** @param maxValues most values of a hash */
  constructor(source: Pick<Source, 'hashEntries' | 'hashField'>, budget: ReadBudget, maxValues: number) {
    this.#source = source;
    this.#budget = budget;
    this.#maxValues = maxValues;
  }

  /**
   * @param begun called whenever a read begins
   * @param arrived called with the bytes so far whenever some have arrived
   * @throws SourceError
   */
  async entries(
    key: string,
    claim: Claim,
    begun: () => void = () => {},
    arrived: (bytes: number) => void = () => {},
  ): Promise<ReadResult<HashEntries>> {
    this.#refuseTooBig(key);
    const { largest } = this.#budget;
    try {
      return await this.#budget.read(
        `hash ${key}`,
        claim,
        ({ grow }, likelyBytes) => {
          begun();
          const limits: HashLimits = {
            maxValues: this.#maxValues,
            maxBytes: largest,
            likelyBytes,
            grow(bytes, expected) {
              arrived(bytes);
              return grow(bytes, expected);
            },
          };
          return this.#source.hashEntries(key, limits);
        },
        ({ values }) => bytesOf(values),
      );
    } catch (error) {
      if (error instanceof SourceError && error.code === 'snapshot_too_big') this.#rememberTooBig(key, error);
      throw error;
    }
  }

  /**
   * Fields of one hash are expected to be about as large as the last one that was read.
   *
   * @param begun called whenever a read begins
   * @throws SourceError
   */
  field(
    key: string,
    field: string,
    claim: Claim,
    begun: () => void = () => {},
  ): Promise<ReadResult<string | null>> {
    return this.#budget.read(
      `field ${key}`,
      claim,
      async () => {
        begun();
        const value = await this.#source.hashField(key, field);
        if (value !== null && bytesOf([value]) > this.#budget.largest)
          throw tooBigField(this.#budget.largest);
        return value;
      },
      (value) => bytesOf(value === null ? [] : [value]),
    );
  }

  #refuseTooBig(key: string): void {
    const known = this.#tooBig.get(key);
    if (known === undefined) return;
    if (performance.now() < known.until) throw known.error;
    this.#tooBig.delete(key);
  }

  #rememberTooBig(key: string, error: SourceError): void {
    if (this.#tooBig.size >= MAX_TOO_BIG) this.#tooBig.clear();
    this.#tooBig.set(key, { error, until: performance.now() + TOO_BIG_MS });
  }
}

function tooBigField(bytes: number): SourceError {
  return new SourceError(
    'snapshot_too_big',
    `the field has more than ${bytes} bytes; ask the operators of the gateway for a larger MAX_READ_BYTES`,
  );
}

function bytesOf(values: readonly string[]): number {
  return values.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
}
