/**
 * The kinds of fields that Qontak has: how each is spelled in a template, what
 * it accepts, and how its value travels. One table; the README's list of field
 * types is made from it.
 *
 * @module
 */
import {
  type Moment,
  parseDate,
  toDayFirst,
  toIso,
  toLocalDateTime,
} from "./dates.ts";
import { choose, type Option } from "./options.ts";
import type { DateForm } from "../qontak/resources.ts";
import { isObject, show } from "../values/json.ts";

/** What a value is encoded for. */
export interface Target {
  /** Whether the value goes into `additional_fields`. */
  readonly custom: boolean;
  /** What a select allows. */
  readonly options?: readonly Option[];
  /** The form in which a standard date is sent; ISO when left out. */
  readonly dates?: DateForm;
}

/** A value as Qontak takes it, or what is wrong with it. */
export type Encoded =
  | {
    /** The value to send. */
    readonly wire: unknown;
    /** The label or labels that belong to it. */
    readonly label?: string;
    readonly problem?: undefined;
  }
  | { readonly problem: string };

/** One kind of field. */
export interface FieldType {
  /** Our name of the kind, as answers show it. */
  readonly name: string;
  /** Qontak's names of it, in lower case. */
  readonly qontak: readonly string[];
  /** What a value must look like, as a phrase after "takes". */
  readonly format: string;
  /** Where Qontak does not say how a value travels: what we do, to be told. */
  readonly doubt?: string;
  /** Where it cannot be written through the API: what to do instead. */
  readonly instead?: string;
  /** Turns a value into what Qontak takes. */
  encode(value: unknown, target: Target): Encoded;
}

function text(value: unknown): Encoded {
  if (typeof value === "string") return { wire: value };
  if (typeof value === "number") return { wire: String(value) };
  return { problem: `takes text, not ${show(value)}` };
}

function number(value: unknown): Encoded {
  if (typeof value === "number" && Number.isFinite(value)) {
    // Beyond this, the digits that were meant are already lost.
    return Number.isInteger(value) && !Number.isSafeInteger(value)
      ? {
        problem: `is too large to be exact as a number: give ${value} as text`,
      }
      : { wire: value };
  }
  if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim())) {
    const text = value.trim();
    // Qontak takes digits as text too; a number is sent where it says the same.
    return { wire: String(Number(text)) === text ? Number(text) : text };
  }
  return {
    problem:
      `takes a number such as 15000000 or 1.5 (digits, and a point before decimals), not ${
        show(value)
      }`,
  };
}

function dated(
  value: unknown,
  takes: string,
  write: (moment: Moment) => string,
): Encoded {
  const moment = typeof value === "string" ? parseDate(value) : undefined;
  if (moment) return { wire: write(moment) };
  return { problem: `takes ${takes}, not ${show(value)}` };
}

function select(value: unknown, { custom, options }: Target): Encoded {
  if (!options) {
    const id = typeof value === "string" ? Number(value) : value;
    if (Number.isSafeInteger(id)) return { wire: custom ? String(id) : id };
    return {
      problem: `takes an id, not ${
        show(value)
      }: this company's template lists no options for it`,
    };
  }
  // What a company wrote itself is not translated.
  const choice = choose(options, value, { translate: !custom });
  if (choice.problem !== undefined) return choice;
  const { id, name } = choice.option;
  // Custom selects take the id as a string; an option without an id is
  // chosen by its name.
  return { wire: id === null ? name : custom ? String(id) : id, label: name };
}

function multipleSelect(value: unknown, target: Target): Encoded {
  const whole = typeof value === "string" && target.options &&
    choose(target.options, value);
  // A label may itself hold a comma.
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
    const encoded = select(entry, { ...target, custom: true });
    if (encoded.problem !== undefined) problems.push(encoded.problem);
    else {
      wires.push(String(encoded.wire));
      if (encoded.label !== undefined) labels.push(encoded.label);
    }
  }
  if (problems.length > 0) return { problem: problems.join("; it ") };
  return { wire: wires.join(","), label: labels.join(", ") };
}

function association(value: unknown): Encoded {
  const ids = (Array.isArray(value) ? value : [value]).map((id) =>
    typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id
  );
  if (!ids.every(Number.isSafeInteger)) {
    return { problem: `takes the id of a record, not ${show(value)}` };
  }
  return { wire: Array.isArray(value) ? ids : ids[0] };
}

function gps(value: unknown): Encoded {
  const parts = isObject(value)
    ? [value.lat ?? value.latitude, value.long ?? value.longitude]
    : typeof value === "string"
    ? value.split(",")
    : [];
  const [lat, long] = parts.map((part) =>
    typeof part === "string" && part.trim() !== "" ? Number(part) : part
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
 * Qontak's gateway spells the latitude of a check-in `lattitude`, others write
 * it `latitude`; which of the two is read is not known, so both are sent.
 */
function checkin(value: unknown): Encoded {
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
 * Qontak documents no way to write a checklist. A second-hand source sends
 * the items of the template as a JSON string; this is the one place that
 * follows it.
 */
function checklist(value: unknown): Encoded {
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

function upload(value: unknown): Encoded {
  if (typeof value === "string" && /^https?:\/\/\S+$/i.test(value)) {
    return { wire: value, label: value };
  }
  return {
    problem: `takes the URL of a file that can be downloaded, not ${
      show(value)
    }`,
  };
}

const never = (): Encoded => ({ problem: "cannot be written through the API" });

const DATE = "a date such as 2026-11-30 or 30/11/2026";
const DATE_TIME =
  "a date with time such as 2026-11-30T14:00 or 30/11/2026 14:00";

/** Every kind of field. */
export const fieldTypes: readonly FieldType[] = [
  {
    name: "text",
    qontak: ["single-line text"],
    format: "text",
    encode: text,
  },
  { name: "text_area", qontak: ["text area"], format: "text", encode: text },
  { name: "url", qontak: ["url"], format: "a URL as text", encode: text },
  {
    name: "number",
    qontak: ["number"],
    format: "a number such as 15000000 or 1.5",
    encode: number,
  },
  {
    name: "percentage",
    qontak: ["percentage"],
    format: "a number of percent such as 12.5",
    encode: (value) =>
      number(
        typeof value === "string" ? value.trim().replace(/\s*%$/, "") : value,
      ),
  },
  {
    name: "date",
    qontak: ["date"],
    format: DATE,
    encode: (value, { custom, dates }) =>
      dated(
        value,
        DATE,
        custom || dates === "day-first" ? toDayFirst : toIso,
      ),
  },
  {
    name: "date_time",
    qontak: ["date time"],
    format: DATE_TIME,
    encode: (value, { custom }) =>
      dated(value, DATE_TIME, custom ? toLocalDateTime : toIso),
  },
  {
    name: "select",
    qontak: ["dropdown select"],
    format: "the id or the label of one option",
    encode: select,
  },
  {
    name: "multiple_select",
    qontak: ["multiple select"],
    format: "ids or labels of options, as a list or joined by commas",
    encode: multipleSelect,
  },
  {
    name: "association",
    qontak: ["assoc"],
    format: "the id of a record, or a list of ids where the key ends in _ids",
    encode: association,
  },
  {
    name: "gps",
    qontak: ["gps"],
    format: 'latitude and longitude such as "-6.2, 106.8"',
    doubt:
      'Qontak does not document how a GPS field is written: it was sent as "latitude, longitude"',
    encode: gps,
  },
  {
    name: "checkin",
    qontak: ["checkin"],
    format: "an object with latitude and longitude",
    doubt:
      "Qontak does not document how a check-in spells its latitude: it was sent as latitude and as lattitude",
    encode: checkin,
  },
  {
    name: "checklist",
    qontak: ["checklist"],
    format:
      'a list of items such as [{"crm_additional_option_id": 12, "completed": true}]',
    doubt:
      "Qontak does not document how a checklist is written: it was sent as JSON text with checklist_details_attributes",
    encode: checklist,
  },
  {
    name: "upload",
    qontak: ["upload"],
    format: "the URL of a file that can be downloaded",
    encode: upload,
  },
  {
    name: "photo",
    qontak: ["photo"],
    format: "nothing: not writable through the API",
    instead: "add the photo in the Qontak app",
    encode: never,
  },
  {
    name: "signature",
    qontak: ["signature"],
    format: "nothing: not writable through the API",
    instead: "have it signed in the Qontak app",
    encode: never,
  },
];

/** What a type that Qontak has added since is taken for. */
const unknownType: FieldType = {
  name: "unknown",
  qontak: [],
  format: "a value in the form that Qontak shows it in on other records",
  encode: (value) => ({ wire: value }),
};

const byQontakName = new Map(
  fieldTypes.flatMap((type) => type.qontak.map((name) => [name, type])),
);

/**
 * The kind behind a type name of a template.
 *
 * @param qontakType Qontak's word, in any case.
 */
export function typeOf(qontakType: string): FieldType {
  return byQontakName.get(qontakType.trim().toLowerCase()) ?? unknownType;
}
