import { type Random, seededRandom } from './random.js';
import { planTrip } from './timetable.js';
import { type Kind, Vehicle } from './vehicle.js';

/** Share of trains among all vehicles; the others are planes. */
const TRAIN_SHARE = 0.45;

/** One update of a vehicle. */
export interface Change {
  vehicle: Vehicle;
  /** The vehicle that has arrived and that `vehicle` replaces; null if the vehicle has only moved. */
  arrived: Vehicle | null;
}

interface Slot {
  vehicle: Vehicle;
  /** The fleet's clock at the last update of the vehicle, in hours. */
  updated: number;
}

/** A constant number of moving vehicles: when one arrives, another of its kind starts a trip. */
export class Fleet {
  readonly #random: Random;
  readonly #slots: Slot[];
  readonly #numbers = { train: 0, plane: 0 };
  #clock = 0;
  #cursor = 0;

  /**
   * @param count of vehicles, 1 or more
   * @param seed the same seed repeats the same fleet
   */
  constructor(count: number, seed: number) {
    this.#random = seededRandom(seed);
    this.#slots = Array.from({ length: count }, (_, index) => {
      // Kinds alternate in proportion, so that updates in the order of the slots mix both.
      const isTrain = Math.ceil((index + 1) * TRAIN_SHARE) > Math.ceil(index * TRAIN_SHARE);
      return { vehicle: this.#depart(isTrain ? 'train' : 'plane', this.#random()), updated: 0 };
    });
  }

  get vehicles(): readonly Vehicle[] {
    return this.#slots.map(({ vehicle }) => vehicle);
  }

  /** Moves the clock on by a time in hours. Vehicles follow one by one. */
  tick(hours: number): void {
    this.#clock += hours;
  }

  /** Updates the vehicle with the oldest position to the current time. */
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
