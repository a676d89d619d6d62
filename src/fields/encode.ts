/**
 * Converts values as people give them to values that Qontak accepts, or reports
 * the problem.
 *
 * @module
 */
import { MAX_FINDINGS } from "../errors.ts";
import { type Moment, parseDate, whyNoDate } from "./dates.ts";
import { choose, nameOption, type Option } from "./options.ts";
import type { DateForm } from "../qontak/resources.ts";
import { isObject, show, someNumber } from "../values/json.ts";
import { fold } from "../values/words.ts";
import { isRounded, isTooLarge, readNumber } from "../values/numbers.ts";

/** The field that a value is encoded for. */
export interface Target {
  /** Whether the value goes into `additional_fields`. */
  readonly custom: boolean;
  /** The options of a select. */
  readonly options?: readonly Option[];
  /** Whether the options are people. */
  readonly people?: boolean;
  /** The form in which a standard date is sent; ISO by default. */
  readonly dates?: DateForm;
  /** How many problems to look for in a list; {@linkcode MAX_FINDINGS} by default. */
  readonly most?: number;
}

/** A value that Qontak accepts, or the problem. */
export type Encoded =
  | {
    /** The value to send. */
    readonly wire: unknown;
    /** The matching label or labels. */
    readonly label?: string;
    /**
     * How the value was read, as a phrase after the key, if the reader should
     * know.
     */
    readonly read?: string;
    readonly problem?: undefined;
  }
  | {
    readonly problem: string;
    /** How many problems it names; one by default. */
    readonly count?: number;
  };

/** Encodes a text. */
export function encodeText(value: unknown): Encoded {
  if (typeof value === "string") return { wire: value };
  if (typeof value === "number" && !isRounded(value)) {
    return { wire: String(value) };
  }
  return { problem: `takes text${inQuotes(value)}, not ${show(value)}` };
}

/** Advice to put a number in quotation marks, so that no digit is lost. */
function inQuotes(value: unknown): string {
  return typeof value === "number"
    ? " in quotes, so that no digit is lost"
    : "";
}

/** Encodes a number; readings above `most` are ignored. */
export function encodeNumber(value: unknown, most?: number): Encoded {
  if (typeof value === "number" && !isTooLarge(value)) return { wire: value };
  if (typeof value === "number" && Number.isFinite(value)) {
    return {
      problem: `takes a number of this size${inQuotes(value)}, not ${
        show(value)
      }`,
    };
  }
  const reading = typeof value === "string"
    ? readNumber(value, most)
    : undefined;
  if (!reading) {
    return {
      problem:
        `takes a number such as 15000000 or 1.5 (digits, and a point before decimals), not ${
          show(value)
        }`,
    };
  }
  if (reading.readings) {
    return {
      problem: `cannot tell what ${show(value)} means, ${
        reading.readings.join(" or ")
      }: send the one you mean, as a number without quotes`,
    };
  }
  const { digits, plain } = reading;
  // Qontak also accepts digits as text. Send a number if it is exactly equal.
  const wire = String(Number(digits)) === digits ? Number(digits) : digits;
  return { wire, ...(plain ? {} : wasRead(value, digits)) };
}

/**
 * Encodes a latitude or longitude. Degrees are never in the thousands, so
 * `106.845` can be read in only one way.
 *
 * @param value What the caller gave.
 */
export function encodeDegrees(value: unknown): Encoded {
  const encoded = encodeNumber(value, MAX_DEGREES);
  return encoded.problem === undefined
    ? { ...encoded, wire: Number(encoded.wire) }
    : encoded;
}

/** The largest number of degrees. */
const MAX_DEGREES = 180;

/**
 * Encodes an amount of money that Qontak stores as text: as digits if it is a
 * number, otherwise as written.
 *
 * @param value What the caller gave.
 */
export function encodeAmount(value: unknown): Encoded {
  if (typeof value === "string" && !readNumber(value)) return { wire: value };
  const encoded = typeof value === "string"
    ? encodeNumber(value)
    : encodeText(value);
  return encoded.problem === undefined
    ? { ...encoded, wire: String(encoded.wire) }
    : encoded;
}

function wasRead(value: unknown, as: string | undefined): { read?: string } {
  return as === undefined ? {} : { read: `${show(value)} was read as ${as}` };
}

/**
 * Encodes a date, with a function that writes it and one that says how it was
 * read.
 */
export function encodeDate(
  value: unknown,
  takes: string,
  write: (moment: Moment) => string,
  say: (moment: Moment) => string | undefined,
): Encoded {
  const moment = typeof value === "string" ? parseDate(value) : undefined;
  if (moment) return { wire: write(moment), ...wasRead(value, say(moment)) };
  return { problem: `takes ${takes}, not ${show(value)}${whyNoDate(value)}` };
}

/** Encodes an option. */
export function encodeSelect(
  value: unknown,
  { custom, options, people = false }: Target,
): Encoded {
  if (!options) {
    const id = typeof value === "string" && /^\d+$/.test(value.trim())
      ? Number(value)
      : value;
    if (Number.isSafeInteger(id)) return { wire: custom ? String(id) : id };
    return {
      problem: `takes an id, not ${
        show(value)
      }: this company's template lists no options for it`,
    };
  }
  // Options that a company wrote itself are not translated.
  const choice = choose(options, value, { translate: !custom, people });
  if (choice.problem !== undefined) return choice;
  const { id, name } = choice.option;
  // Custom selects take the id as a string. An option without an id is chosen
  // by its name.
  return {
    wire: id === null ? name : custom ? String(id) : id,
    label: name,
    ...(people && typeof value === "string" && !/^\s*\d+\s*$/.test(value) &&
        fold(value) !== fold(name)
      ? { read: `was read as ${nameOption(choice.option)}` }
      : {}),
  };
}

/** Encodes several options. */
export function encodeMultipleSelect(value: unknown, target: Target): Encoded {
  const { most = MAX_FINDINGS } = target;
  const whole = typeof value === "string" && target.options &&
    choose(target.options, value);
  // A label may contain a comma.
  const entries = whole && whole.problem === undefined
    ? [value]
    : typeof value === "string"
    ? value.split(",").map((part) => part.trim()).filter((part) => part !== "")
    : Array.isArray(value)
    ? value
    : [value];
  const wires: string[] = [];
  const labels: string[] = [];
  const problems: string[] = [];
  for (const entry of entries) {
    if (problems.length === most) break;
    const encoded = encodeSelect(entry, { ...target, custom: true });
    if (encoded.problem !== undefined) problems.push(encoded.problem);
    else {
      wires.push(String(encoded.wire));
      if (encoded.label !== undefined) labels.push(encoded.label);
    }
  }
  if (problems.length > 0) {
    return { problem: problems.join("; it "), count: problems.length };
  }
  return { wire: wires.join(","), label: labels.join(", ") };
}

/** Encodes the id of a record, or a list of ids. */
export function encodeAssociation(value: unknown): Encoded {
  const ids = (Array.isArray(value) ? value : [value]).map((id) =>
    typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id
  );
  if (!ids.every(Number.isSafeInteger)) {
    return { problem: `takes the id of a record, not ${show(value)}` };
  }
  return { wire: Array.isArray(value) ? ids : ids[0] };
}

function toDegrees(text: string): number {
  const encoded = encodeDegrees(text);
  return encoded.problem === undefined ? Number(encoded.wire) : NaN;
}

/** Encodes a position. */
export function encodeGps(value: unknown): Encoded {
  const parts = isObject(value)
    ? [value.lat ?? value.latitude, value.long ?? value.longitude]
    : typeof value === "string"
    ? value.split(",", 3)
    : [];
  const [lat, long] = parts.map((part) =>
    typeof part === "string" ? toDegrees(part) : part
  );
  const fits = parts.length === 2 &&
    typeof lat === "number" && Math.abs(lat) <= 90 &&
    typeof long === "number" && Math.abs(long) <= 180;
  return fits ? { wire: `${lat}, ${long}` } : {
    problem: `takes latitude and longitude such as "-6.2, 106.8", not ${
      show(value)
    }`,
  };
}

/**
 * Encodes a check-in. Qontak's gateway spells the latitude `lattitude`; other
 * sources write `latitude`. It is unknown which one Qontak reads, so both are
 * sent.
 */
export function encodeCheckin(value: unknown): Encoded {
  const place = isObject(value)
    ? {
      latitude: value.latitude ?? value.lattitude,
      longitude: value.longitude,
    }
    : {};
  const { latitude, longitude } = place;
  const fits = typeof latitude === "number" && Math.abs(latitude) <= 90 &&
    typeof longitude === "number" && Math.abs(longitude) <= 180;
  return fits ? { wire: { longitude, lattitude: latitude, latitude } } : {
    problem:
      `takes an object such as {"latitude": -6.2, "longitude": 106.8}, not ${
        show(value)
      }`,
  };
}

/**
 * Encodes a checklist. Qontak does not document how to write one. A second-hand
 * source sends the items of the template as a JSON string, and only this
 * function depends on it.
 */
export function encodeChecklist(value: unknown): Encoded {
  const items = typeof value === "string" ? parseItems(value) : value;
  if (Array.isArray(items) && items.every(isObject)) {
    return {
      wire: JSON.stringify({ checklist_details_attributes: items }),
    };
  }
  return {
    problem:
      `takes a list of items such as [{"crm_additional_option_id": 12, "completed": true}], not ${
        show(value)
      }`,
  };
}

function parseItems(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value.checklist_details_attributes : value;
  } catch {
    return undefined;
  }
}

/** Encodes a file, by its URL. */
export function encodeUpload(value: unknown): Encoded {
  if (typeof value === "string" && /^https?:\/\/\S+$/i.test(value)) {
    return { wire: value, label: value };
  }
  return {
    problem: `takes the URL of a file that can be downloaded, not ${
      show(value)
    }`,
  };
}

/** Refuses any value. */
export const refuse = (): Encoded => ({
  problem: "cannot be written through the API",
});

/** Encodes a value of an unknown type: unchanged, unless digits were lost. */
export function encodeUnknown(value: unknown): Encoded {
  return someNumber(value, isRounded)
    ? { problem: `takes numbers${inQuotes(0)}, not ${show(value)}` }
    : { wire: value };
}
