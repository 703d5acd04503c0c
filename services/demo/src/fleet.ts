import { type Random, seededRandom } from './random.js';
import { planTrip } from './timetable.js';
import { type Kind, Vehicle } from './vehicle.js';

/** The part of all vehicles that are trains; the others fly. */
const TRAIN_SHARE = 0.45;

/** One vehicle brought up to date. */
export interface Change {
  vehicle: Vehicle;
  /** The vehicle that has arrived and whose place `vehicle` has taken; null where it is merely further on. */
  arrived: Vehicle | null;
}

interface Slot {
  vehicle: Vehicle;
  /** The fleet's clock when the vehicle was last brought up to date, in hours. */
  updated: number;
}

/** A constant number of vehicles under way: where one arrives, another one of its kind starts a trip. */
export class Fleet {
  readonly #random: Random;
  readonly #slots: Slot[];
  readonly #numbers = { train: 0, plane: 0 };
  #clock = 0;
  #cursor = 0;

  /**
   * @param count of vehicles, 1 or more
   * @param seed repeats the same fleet
   */
  constructor(count: number, seed: number) {
    this.#random = seededRandom(seed);
    this.#slots = Array.from({ length: count }, (_, index) => {
      // Kinds alternate in proportion, so that updates in the order of the slots are spread over both.
      const isTrain = Math.ceil((index + 1) * TRAIN_SHARE) > Math.ceil(index * TRAIN_SHARE);
      return { vehicle: this.#depart(isTrain ? 'train' : 'plane', this.#random()), updated: 0 };
    });
  }

  get vehicles(): readonly Vehicle[] {
    return this.#slots.map(({ vehicle }) => vehicle);
  }

  /** Moves the clock on by a time in hours. Vehicles follow when it is their turn. */
  tick(hours: number): void {
    this.#clock += hours;
  }

  /** Brings the vehicle that has waited longest up to the clock. */
  next(): Change {
    const slot = this.#slots[this.#cursor];
    if (slot === undefined) throw new RangeError('This fleet has no vehicles.');
    this.#cursor = (this.#cursor + 1) % this.#slots.length;
    const { vehicle } = slot;
    vehicle.advance(this.#clock - slot.updated);
    slot.updated = this.#clock;
    if (!vehicle.arrived) return { vehicle, arrived: null };
    slot.vehicle = this.#depart(vehicle.trip.kind, 0);
    return { vehicle: slot.vehicle, arrived: vehicle };
  }

  #depart(kind: Kind, progress: number): Vehicle {
    this.#numbers[kind] += 1;
    return new Vehicle(`${kind}-${this.#numbers[kind]}`, planTrip(kind, this.#random), progress);
  }
}
