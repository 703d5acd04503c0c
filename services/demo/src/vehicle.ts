import { Course } from './course.js';
import type { LonLat } from './great-circle.js';

/** What tells the kinds of vehicles apart. */
interface KindTraits {
  /** The hash that holds the present state, and the channel that carries changes. */
  channel: string;
  /** How far from a stop, in kilometres, a vehicle begins to slow down and regains its speed. */
  rampKm: number;
  /** Speed at a stop as a part of cruising speed; above 0, so that every trip goes on. */
  slowest: number;
  /** Cruising altitude in metres; 0 for what stays on the ground. */
  ceiling: number;
}

export const KINDS = {
  train: { channel: 'trains', rampKm: 12, slowest: 0.3, ceiling: 0 },
  plane: { channel: 'planes', rampKm: 180, slowest: 0.3, ceiling: 11_000 },
} as const satisfies Record<string, KindTraits>;

export type Kind = keyof typeof KINDS;

/** A trip to be made: by what, where, and how fast at most. */
export interface Trip {
  kind: Kind;
  /** What a passenger would call it. */
  name: string;
  stops: readonly { city: string; position: LonLat }[];
  /** Kilometres per hour. */
  cruisingSpeed: number;
}

/** What is published about a vehicle: GeoJSON (RFC 7946), with a third coordinate for what flies. */
export interface VehicleFeature {
  type: 'Feature';
  id: string;
  geometry: { type: 'Point'; coordinates: number[] };
  properties: {
    type: Kind;
    name: string;
    /** The city it comes to next. */
    next: string;
    /** Kilometres per hour. */
    speed: number;
    /** Degrees clockwise from north. */
    heading: number;
  };
}

/** What is published when a vehicle has left: a Feature without a place, which passes every box. */
export interface VehicleRemoval {
  type: 'Feature';
  id: string;
  geometry: null;
  properties: null;
}

/** Longest stretch of simulated time over which the speed is taken as constant, in hours: 30 seconds. */
const STEP_HOURS = 30 / 3600;

/** One vehicle on its one trip. */
export class Vehicle {
  readonly id: string;
  readonly trip: Trip;
  readonly course: Course;
  readonly #traits: KindTraits;
  #alongKm: number;

  /**
   * @param id unique for all time, so that nobody takes two trips for one
   * @param progress how much of the trip is done already, 0 to 1
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

  /** Kilometres per hour, here and now. */
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

  /** 0 at a stop, 1 beyond the reach of the ramps. */
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
