/**
 * The kinds of fields in Qontak: how templates spell each one, what it accepts,
 * and how its value is sent. The list of field types in FIELDS.md is generated from
 * this table.
 *
 * @module
 */
import {
  sayDay,
  sayDayAlone,
  sayMoment,
  toDayFirst,
  toIso,
  toIsoDay,
  toLocalDateTime,
} from "./dates.ts";
import {
  encodeAssociation,
  encodeCheckin,
  encodeChecklist,
  type Encoded,
  encodeDate,
  encodeGps,
  encodeMultipleSelect,
  encodeNumber,
  encodeSelect,
  encodeText,
  encodeUnknown,
  encodeUpload,
  refuse,
  type Target,
} from "./encode.ts";
import type { FreeText } from "../qontak/texts.ts";

/** One kind of field. */
export interface FieldType {
  /** Our name for the kind, as shown in answers. */
  readonly name: string;
  /** Qontak's names for it, in lower case. */
  readonly qontak: readonly string[];
  /** The format of a value, as a phrase after "takes". */
  readonly format: string;
  /**
   * When a value is free text, which a server in strict mode withholds.
   * `when-long` means a short label, unless the value is long or has several
   * lines.
   */
  readonly freeText: FreeText;
  /**
   * A note on what we send, if Qontak does not document the format.
   */
  readonly doubt?: string;
  /** What to do instead, if the API cannot write it. */
  readonly instead?: string;
  /** Converts a value to the form that Qontak accepts. */
  encode(value: unknown, target: Target): Encoded;
}

const DATE = "a date such as 2026-11-30 or 30/11/2026";
const DATE_TIME =
  "a date with time such as 2026-11-30T14:00 or 30/11/2026 14:00";

/** Every kind of field. */
export const fieldTypes: readonly FieldType[] = [
  {
    name: "text",
    qontak: ["single-line text"],
    freeText: "when-long",
    format: "text",
    encode: encodeText,
  },
  {
    name: "text_area",
    qontak: ["text area"],
    freeText: "always",
    format: "text",
    encode: encodeText,
  },
  {
    name: "url",
    qontak: ["url"],
    freeText: "when-long",
    format: "a URL as text",
    encode: encodeText,
  },
  {
    name: "number",
    qontak: ["number"],
    freeText: "never",
    format: "a number such as 15000000 or 1.5",
    encode: (value) => encodeNumber(value),
  },
  {
    name: "percentage",
    qontak: ["percentage"],
    freeText: "never",
    format: "a percentage as a number, such as 12.5",
    encode: (value) =>
      encodeNumber(
        typeof value === "string" ? value.trim().replace(/\s*%$/, "") : value,
      ),
  },
  {
    name: "date",
    qontak: ["date"],
    freeText: "never",
    format: DATE,
    encode: (value, { custom, dates }) =>
      custom || dates === "day-first"
        ? encodeDate(value, DATE, toDayFirst, sayDayAlone)
        : encodeDate(value, DATE, toIsoDay, sayDay),
  },
  {
    name: "date_time",
    qontak: ["date time"],
    freeText: "never",
    format: DATE_TIME,
    encode: (value, { custom }) =>
      encodeDate(value, DATE_TIME, custom ? toLocalDateTime : toIso, sayMoment),
  },
  {
    name: "select",
    qontak: ["dropdown select"],
    freeText: "never",
    format: "the id or the label of one option",
    encode: encodeSelect,
  },
  {
    name: "multiple_select",
    qontak: ["multiple select"],
    freeText: "never",
    format: "ids or labels of options, as a list or joined by commas",
    encode: encodeMultipleSelect,
  },
  {
    name: "association",
    qontak: ["assoc"],
    freeText: "never",
    format: "the id of a record, or a list of ids where the key ends in _ids",
    encode: encodeAssociation,
  },
  {
    name: "gps",
    qontak: ["gps"],
    freeText: "never",
    format: 'latitude and longitude such as "-6.2, 106.8"',
    doubt:
      'Qontak does not document how a GPS field is written: it was sent as "latitude, longitude"',
    encode: encodeGps,
  },
  {
    name: "checkin",
    qontak: ["checkin"],
    freeText: "never",
    format: "an object with latitude and longitude",
    doubt:
      "Qontak does not document the spelling of a check-in's latitude: it was sent as latitude and as lattitude",
    encode: encodeCheckin,
  },
  {
    name: "checklist",
    qontak: ["checklist"],
    freeText: "never",
    format:
      'a list of items such as [{"crm_additional_option_id": 12, "completed": true}]',
    doubt:
      "Qontak does not document the format of a checklist: it was sent as JSON text with checklist_details_attributes",
    encode: encodeChecklist,
  },
  {
    name: "upload",
    qontak: ["upload"],
    freeText: "never",
    format: "the URL of a file that can be downloaded",
    encode: encodeUpload,
  },
  {
    name: "photo",
    qontak: ["photo"],
    freeText: "never",
    format: "nothing: not writable through the API",
    instead: "add the photo in the Qontak app",
    encode: refuse,
  },
  {
    name: "signature",
    qontak: ["signature"],
    freeText: "never",
    format: "nothing: not writable through the API",
    instead: "have it signed in the Qontak app",
    encode: refuse,
  },
];

/** The kind that is used for types unknown to this server. */
const unknownType: FieldType = {
  name: "unknown",
  qontak: [],
  freeText: "when-long",
  format: "a value in the form that other records show",
  encode: encodeUnknown,
};

const byQontakName = new Map(
  fieldTypes.flatMap((type) => type.qontak.map((name) => [name, type])),
);

/**
 * The kind for a type name in a template.
 *
 * @param qontakType Qontak's word, in any case.
 */
export function typeOf(qontakType: string): FieldType {
  return byQontakName.get(qontakType.trim().toLowerCase()) ?? unknownType;
}
