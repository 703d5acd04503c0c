import { Course } from './course.js';
import type { LonLat } from './great-circle.js';

/** Properties of a kind of vehicle. */
interface KindTraits {
  /** The hash with the current state, and the channel of the changes. */
  channel: string;
  /** Distance from a stop, in kilometres, at which a vehicle starts to slow down or reaches its speed. */
  rampKm: number;
  /** Speed at a stop as a share of cruising speed; above 0, so that every trip continues. */
  slowest: number;
  /** Cruising altitude in metres; 0 for vehicles on the ground. */
  ceiling: number;
}

export const KINDS = {
  train: { channel: 'demo:trains', rampKm: 12, slowest: 0.3, ceiling: 0 },
  plane: { channel: 'demo:planes', rampKm: 180, slowest: 0.3, ceiling: 11_000 },
} as const satisfies Record<string, KindTraits>;

export type Kind = keyof typeof KINDS;

/** A trip: the kind of vehicle, the course, and the maximum speed. */
export interface Trip {
  kind: Kind;
  /** Its name for passengers. */
  name: string;
  stops: readonly { city: string; position: LonLat }[];
  /** Kilometres per hour. */
  cruisingSpeed: number;
}

/** The published form of a vehicle: GeoJSON (RFC 7946), with a third coordinate for planes. */
export interface VehicleFeature {
  type: 'Feature';
  id: string;
  geometry: { type: 'Point'; coordinates: number[] };
  properties: {
    type: Kind;
    name: string;
    /** The next city. */
    next: string;
    /** Kilometres per hour. */
    speed: number;
    /** Degrees clockwise from north. */
    heading: number;
  };
}

/** What is published when a vehicle has left: a Feature without a geometry, which passes every box. */
export interface VehicleRemoval {
  type: 'Feature';
  id: string;
  geometry: null;
  properties: null;
}

/** Longest simulated time with a constant speed, in hours: 30 seconds. */
const STEP_HOURS = 30 / 3600;

/** One vehicle on its one trip. */
export class Vehicle {
  readonly id: string;
  readonly trip: Trip;
  readonly course: Course;
  readonly #traits: KindTraits;
  #alongKm: number;

  /**
   * @param id unique for all time, so that no two trips are confused
   * @param progress the share of the trip that is already done, 0 to 1
   */
  constructor(id: string, trip: Trip, progress: number) {
    this.id = id;
    this.trip = trip;
    this.course = new Course(trip.stops.map((stop) => stop.position));
    this.#traits = KINDS[trip.kind];
    this.#alongKm = this.course.lengthKm * progress;
  }

  get channel(): string {
    return this.#traits.channel;
  }

  /** Kilometres from the start of the trip. */
  get alongKm(): number {
    return this.#alongKm;
  }

  get arrived(): boolean {
    return this.#alongKm >= this.course.lengthKm;
  }

  /** Current speed in kilometres per hour. */
  get speed(): number {
    const { slowest } = this.#traits;
    return this.trip.cruisingSpeed * (slowest + (1 - slowest) * this.#ramp());
  }

  /** Moves on by a time in hours. */
  advance(hours: number): void {
    for (let left = hours; left > 0 && !this.arrived; left -= STEP_HOURS) {
      this.#alongKm = Math.min(this.#alongKm + this.speed * Math.min(left, STEP_HOURS), this.course.lengthKm);
    }
  }

  feature(): VehicleFeature {
    const { position, heading } = this.course.at(this.#alongKm);
    const { kind, name } = this.trip;
    return {
      type: 'Feature',
      id: this.id,
      geometry: { type: 'Point', coordinates: this.#coordinates(position) },
      properties: {
        type: kind,
        name,
        next: this.#next(),
        speed: Math.round(this.speed),
        heading: Math.round(heading) % 360,
      },
    };
  }

  removal(): VehicleRemoval {
    return { type: 'Feature', id: this.id, geometry: null, properties: null };
  }

  /** 0 at a stop, 1 beyond the ramps. */
  #ramp(): number {
    return Math.min(1, this.course.distanceToStop(this.#alongKm) / this.#traits.rampKm);
  }

  #coordinates([lon, lat]: LonLat): number[] {
    // Five decimals of a degree are about a metre.
    const flat = [Number(lon.toFixed(5)), Number(lat.toFixed(5))];
    const { ceiling } = this.#traits;
    return ceiling === 0 ? flat : [...flat, Math.round(ceiling * this.#ramp())];
  }

  #next(): string {
    const index = this.course.stopsKm.findIndex((stopKm) => stopKm > this.#alongKm);
    return (this.trip.stops.at(index) ?? this.trip.stops.at(-1))?.city ?? '';
  }
}
