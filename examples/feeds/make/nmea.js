// Writes AIS messages as NMEA sentences, by the tables of Recommendation ITU-R M.1371-5.

/** The characters of texts in AIS, by their numbers. */
const LETTERS = '@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !"#$%&\'()*+,-./0123456789:;<=>?';

/** Most characters of payload in a sentence. */
const MOST = 60;

/** Bits of a message, from the first to the last. */
class Bits {
  #bits = '';

  /**
   * @param {number} value
   * @param {number} width
   */
  number(value, width) {
    this.#bits += BigInt.asUintN(width, BigInt(Math.round(value)))
      .toString(2)
      .padStart(width, '0');
    return this;
  }

  /**
   * @param {string} value
   * @param {number} width number of characters
   */
  text(value, width) {
    for (const letter of value.padEnd(width, '@')) this.number(LETTERS.indexOf(letter), 6);
    return this;
  }

  /**
   * How a ship moves: the fields that messages 1 and 18 have in common.
   *
   * @param {number} knots
   * @param {import('./course.js').Place} place
   */
  movement(knots, { lon, lat, heading }) {
    this.number(knots * 10, 10).number(1, 1);
    return this.number(lon * 600_000, 28)
      .number(lat * 600_000, 27)
      .number(heading * 10, 12);
  }

  /** The bits in the characters of a sentence, and how many bits of the last one are padding. */
  payload() {
    const fill = (6 - (this.#bits.length % 6)) % 6;
    const groups = `${this.#bits}${'0'.repeat(fill)}`.match(/.{6}/g) ?? [];
    const letters = groups.map((group) => {
      const value = Number.parseInt(group, 2);
      return String.fromCharCode(value < 40 ? value + 48 : value + 56);
    });
    return { text: letters.join(''), fill };
  }
}

/**
 * Message 1: the position of a large ship under way.
 *
 * @param {{ mmsi: number, knots: number }} ship
 * @param {import('./course.js').Place} place
 * @param {number} second of the minute
 */
export function positionA({ mmsi, knots }, place, second) {
  const bits = new Bits().number(1, 6).number(0, 2).number(mmsi, 30).number(0, 4).number(0, 8);
  bits
    .movement(knots, place)
    .number(place.heading % 360, 9)
    .number(second, 6)
    .number(0, 2)
    .number(0, 3);
  return sentences(bits.number(0, 1).number(0, 19));
}

/** Message 18: the position of a small ship, which has no compass. @type {typeof positionA} */
export function positionB({ mmsi, knots }, place, second) {
  const bits = new Bits().number(18, 6).number(0, 2).number(mmsi, 30).number(0, 8);
  bits.movement(knots, place).number(511, 9).number(second, 6).number(0, 2).number(0b1_0_1_1_1_0, 6);
  return sentences(bits.number(0, 1).number(1, 1).number(0, 19));
}

/**
 * Message 5: the name of a large ship and more, in two sentences.
 *
 * @param {{ mmsi: number, name: string, destination: string }} ship
 * @param {number} number that the two sentences share, 0 to 9
 */
export function staticA({ mmsi, name, destination }, number) {
  const bits = new Bits().number(5, 6).number(0, 2).number(mmsi, 30).number(0, 2).number(0, 30);
  bits.text('', 7).text(name, 20).number(70, 8).number(90, 9).number(20, 9).number(9, 6).number(9, 6);
  bits.number(1, 4).number(0, 20).number(60, 8).text(destination, 20).number(0, 1).number(0, 1);
  return sentences(bits, number);
}

/** Message 24, part A: the name of a small ship. @param {{ mmsi: number, name: string }} ship */
export function staticB({ mmsi, name }) {
  return sentences(
    new Bits().number(24, 6).number(0, 2).number(mmsi, 30).number(0, 2).text(name, 20).number(0, 8),
  );
}

/**
 * @param {Bits} bits
 * @param {number | ''} number
 */
function sentences(bits, number = '') {
  const { text, fill } = bits.payload();
  const parts = text.match(new RegExp(`.{1,${MOST}}`, 'g')) ?? [];
  return parts.map((part, i) => {
    const last = i === parts.length - 1;
    return `!${summed(`AIVDM,${parts.length},${i + 1},${number},A,${part},${last ? fill : 0}`)}`;
  });
}

/** A sentence after a tag with the time of its arrival. @param {string} sentence @param {number} seconds */
export function tagged(sentence, seconds) {
  return `\\${summed(`s:sample,c:${seconds}`)}\\${sentence}`;
}

/** @param {string} text */
function summed(text) {
  const sum = Buffer.from(text).reduce((sum, byte) => sum ^ byte, 0);
  return `${text}*${sum.toString(16).toUpperCase().padStart(2, '0')}`;
}
