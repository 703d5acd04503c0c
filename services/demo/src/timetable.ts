import { AIRPORTS } from './airports.js';
import { distanceKm } from './great-circle.js';
import { LINES } from './railways.js';
import { between, pick, type Random } from './random.js';
import type { Kind, Trip } from './vehicle.js';

/** Shorter flights, in kilometres, would land right after their start. */
const SHORTEST_FLIGHT_KM = 300;

/** No airline offers longer flights, in kilometres. */
const LONGEST_FLIGHT_KM = 13_000;

/** Each line as often as it has legs, so that trains are spread over the network. */
const LINES_BY_LEGS = LINES.flatMap((line) => line.stops.slice(1).map(() => line));

function trainTrip(random: Random): Trip {
  const { stops, topSpeed } = pick(random, LINES_BY_LEGS);
  const ordered = random() < 0.5 ? stops : stops.toReversed();
  return {
    kind: 'train',
    name: `${ordered.at(0)?.city} – ${ordered.at(-1)?.city}`,
    stops: ordered,
    cruisingSpeed: topSpeed * between(random, 0.7, 1),
  };
}

function planeTrip(random: Random): Trip {
  const from = pick(random, AIRPORTS);
  const inReach = AIRPORTS.filter((to) => {
    const km = distanceKm(from.position, to.position);
    return km >= SHORTEST_FLIGHT_KM && km <= LONGEST_FLIGHT_KM;
  });
  const to = pick(random, inReach);
  return {
    kind: 'plane',
    name: `${from.code} – ${to.code}`,
    stops: [from, to],
    cruisingSpeed: between(random, 780, 920),
  };
}

/** A plausible trip: a train along one of the lines, or a flight between two of the airports. */
export function planTrip(kind: Kind, random: Random): Trip {
  return kind === 'train' ? trainTrip(random) : planeTrip(random);
}
