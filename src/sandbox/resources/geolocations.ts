/**
 * `/geolocations`: check-ins and check-outs. Writes answer in one shape, reads
 * in another, and nothing deletes them.
 *
 * @module
 */

import { type Collection, routes } from "../collection.ts";
import { placeNear } from "../data/geolocations.ts";
import { record } from "../data/people.ts";
import { type Key, reader, shown, text } from "../keys.ts";
import { type Stored, userOf } from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { toDayFirst, toIso } from "../time.ts";

const MONTHS = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec".split(",");

/** `21 Jul`, in Jakarta. */
function dayAndMonth(ms: number): string {
  const [, month, day] = toIso(ms).slice(0, 10).split("-");
  return `${Number(day)} ${MONTHS[Number(month) - 1]}`;
}

/** `21 Jul, 2013`, as Qontak's collection has a day. */
function longDay(ms: number): string {
  return `${dayAndMonth(ms)}, ${toIso(ms).slice(0, 4)}`;
}

/** `21 Jul, 20:03`, as Qontak's collection has a time. */
function timeOfDay(ms: number): string {
  return `${dayAndMonth(ms)}, ${toIso(ms).slice(11, 16)}`;
}

/** A key that must pass a test. */
function tested(
  name: string,
  wants: string,
  fits: (value: unknown) => boolean,
): Key {
  return {
    name,
    read: reader(
      name,
      wants,
      (value) => fits(value) ? value : undefined,
    ),
    show: (value) => ({ [name]: value ?? null }),
  };
}

/** A number in, a text out; the range is the globe's. */
function degrees(name: string, limit: number): Key {
  return {
    ...tested(
      name,
      `a number from -${limit} to ${limit}`,
      (value) => typeof value === "number" && Math.abs(value) <= limit,
    ),
    show: (value) => ({ [name]: String(value) }),
  };
}

/** Unix seconds up to the year 9999, which are days in the answer. */
const timestamps: Key = {
  ...tested(
    "checkin_timestamps",
    "unix seconds",
    (value) =>
      Number.isInteger(value) && Number(value) >= 0 &&
      Number(value) < 253_370_000_000,
  ),
  show: (value) => ({ checkin_timestamps: longDay(Number(value) * 1000) }),
};

/** The place that a map service would name. */
function place({ values }: Stored): ReturnType<typeof placeNear> {
  return placeNear(Number(values.latitude), Number(values.longitude));
}

/** The keys of the bodies and of the answers to them. */
const KEYS: readonly Key[] = [
  degrees("latitude", 90),
  degrees("longitude", 180),
  text("device_id"),
  timestamps,
  tested(
    "orientation",
    'the text "0" or "1"',
    (value) => value === "0" || value === "1",
  ),
  tested(
    "is_online",
    "true or false",
    (value) => typeof value === "boolean",
  ),
  tested("input_type", "an integer", Number.isInteger),
  text("journey_id"),
  tested(
    "battery_percentage",
    "a number",
    (value) => typeof value === "number",
  ),
  tested("local_id", "an integer", Number.isInteger),
  shown("place_name", ({ record }) => place(record).place_name),
  shown("place_id", ({ record }) => place(record).place_id),
];

/**
 * A geolocation as reads have it. In Qontak's collection both halves have the
 * place and one has a time; in the samples of its OpenAPI the other half is
 * empty, the day is day first and the creator is named. Assumed: orientation
 * "1" is the check-out.
 */
function readShape(
  geolocation: Stored,
  { observed, world }: Call,
): Record<string, unknown> {
  const { id, values } = geolocation;
  const at = Number(values.checkin_timestamps) * 1000;
  const out = values.orientation === "1";
  const half = (mine: boolean): Record<string, unknown> =>
    observed && !mine ? { address: "", latitude: 0, longitude: 0, time: "" } : {
      address: place(geolocation).place_name,
      latitude: String(values.latitude),
      longitude: String(values.longitude),
      time: mine ? timeOfDay(at) : null,
    };
  const creator = userOf(world, values.creator_id);
  return {
    id,
    ...(observed
      ? { creator_name: creator?.name ?? null, email: creator?.email ?? null }
      : {}),
    date: observed ? toDayFirst(at) : longDay(at),
    timestamp: at,
    device_id: values.device_id ?? null,
    journey_id: values.journey_id ?? null,
    checkin: half(!out),
    checkout: half(out),
  };
}

const collection: Collection<Stored> = {
  name: "geolocations",
  records: (world) => world.geolocations,
  template: () => [],
  keys: KEYS,
  aliases: {},
  filters: {},
  blank: ({ user, world }) =>
    record(world.nextId(), "geolocation", Date.now(), { creator_id: user.id }),
  // Assumed: the place is required, and the rest has defaults.
  settle({ values, fail }) {
    for (const key of ["latitude", "longitude"]) {
      if (values[key] == null) fail(key, "can't be blank");
    }
    values.checkin_timestamps ??= Math.floor(Date.now() / 1000);
    values.orientation ??= "0";
  },
  answersUpdate: () => true,
  finish(written, geolocation, call, verb) {
    if (verb === "list" || verb === "get") return readShape(geolocation, call);
    const { additional_fields: _, ...answer } = written;
    return answer;
  },
  order: (a, b) =>
    Number(b.values.checkin_timestamps) - Number(a.values.checkin_timestamps),
};

/** The four endpoints of geolocations. */
export const geolocations: Resource = {
  name: "geolocations",
  routes: routes(collection, "list", "get", "create", "update"),
};
