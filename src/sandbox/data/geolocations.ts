/**
 * Twenty check-ins and check-outs of salespeople on the road.
 *
 * @module
 */

import type { Random } from "../random.ts";
import type { Records, Stored } from "../records.ts";
import { DAY } from "../time.ts";
import { EPOCH, record } from "./people.ts";
import { USERS } from "./tenant.ts";

/** A place on the map. */
export interface GeoPlace {
  /** The address. */
  readonly place_name: string;
  /** The id that a map service would have for it. */
  readonly place_id: string;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
}

const ROWS: readonly (readonly [string, number, number])[] = [
  ["Jl. Contoh Merdeka No. 10, Jakarta Pusat", -6.1754, 106.8272],
  ["Jl. Contoh Raya Industri Blok C-7, Bekasi", -6.2889, 107.1502],
  ["Jl. Contoh Asia No. 5, Bandung", -6.9218, 107.6071],
  ["Jl. Contoh Pahlawan No. 88, Semarang", -6.9932, 110.4203],
  ["Jl. Contoh Darmo No. 21, Surabaya", -7.2892, 112.7378],
  ["Jl. Contoh Teuku No. 3, Denpasar", -8.6705, 115.2126],
  ["Jl. Contoh Gatot No. 40, Medan", 3.5897, 98.6738],
];

const PLACES: readonly GeoPlace[] = ROWS.map(
  ([place_name, latitude, longitude], index) => ({
    place_name,
    place_id: `sandbox-place-${index + 1}`,
    latitude,
    longitude,
  }),
);

/** The nearest place the sandbox knows, in place of a map service (assumed). */
export function placeNear(latitude: number, longitude: number): GeoPlace {
  const distance = (place: GeoPlace): number =>
    Math.hypot(place.latitude - latitude, place.longitude - longitude);
  return PLACES.reduce((best, place) =>
    distance(place) < distance(best) ? place : best
  );
}

/** The check-ins and check-outs: ten journeys, in on a morning, out later. */
export function createGeolocations(random: Random): Records {
  let id = 402_600 + random.int(0, 900);
  const entries: [number, Stored][] = [];
  for (let journey = 1; journey <= 10; journey++) {
    const place = random.pick(PLACES);
    const user = random.pick(USERS);
    const begun = EPOCH + random.int(0, 50) * DAY +
      random.int(0, 3 * 3600) * 1000;
    const ended = begun + random.int(20, 240) * 60_000;
    const journey_id = `${random.int(1000, 9999)} ${random.int(1000, 9999)}`;
    for (const [orientation, at] of [["0", begun], ["1", ended]] as const) {
      id += random.int(1, 12);
      const geolocation = record(id, "geolocation", at, {
        latitude: place.latitude + random.int(-40, 40) / 10_000,
        longitude: place.longitude + random.int(-40, 40) / 10_000,
        device_id: `android-${user.id}`,
        checkin_timestamps: at / 1000,
        orientation,
        is_online: random.chance(0.9),
        input_type: 2,
        local_id: journey,
        journey_id,
        battery_percentage: random.int(80, 1000) / 10,
        creator_id: user.id,
      });
      entries.push([id, geolocation]);
    }
  }
  return new Map(entries);
}
