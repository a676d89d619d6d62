/**
 * Values for the fields that a company requires, for the tests and the scripts.
 *
 * @module
 */
/** A field, as the tools describe it. */
export interface Shown {
  /** The argument, or `additional_fields`. */
  readonly key: string;
  /** Our name of its type. */
  readonly type: string;
  /** The available options. */
  readonly options?: readonly { id?: number | null; name: string }[];
  /** Whether the argument takes a list. */
  readonly list?: boolean;
  /** Whether it is one of the company's own fields. */
  readonly custom?: boolean;
  /** The id of such a field. */
  readonly id?: number | null;
  /** The value that the caller has already chosen. */
  readonly value?: unknown;
  /** False if the API cannot write it. */
  readonly writable?: boolean;
}

/** Arguments of a tool that creates or changes a record. */
export interface Arguments {
  /** Any other argument. */
  [key: string]: unknown;
  /** The values of the company's own fields, by their ids. */
  additional_fields?: { id: unknown; value: unknown }[];
}

/** A value of each type of field; every other type takes text. */
export const SAMPLES: Readonly<Record<string, unknown>> = {
  number: 12,
  percentage: 12,
  date: "2026-12-18",
  date_time: "2026-12-18T10:00",
  url: "https://example.co.id",
  upload: "https://example.co.id/berkas.pdf",
  checkin: { latitude: -6.2, longitude: 106.8 },
  gps: "-6.2, 106.8",
};

/** A value that a field accepts: its first option, or a sample of its type. */
export function sampleFor({ type, options, list }: Shown): unknown {
  if (!options) return SAMPLES[type] ?? "A text";
  const { name } = options[0]!;
  return list ? [name] : name;
}

/**
 * Builds arguments that set the fields. A field with a value keeps it; a field
 * that the API cannot write is left out.
 *
 * @param fields The fields, as a tool lists them.
 * @param valueOf Chooses the value of a field.
 */
export function argumentsFor(
  fields: readonly Shown[],
  valueOf: (field: Shown) => unknown = sampleFor,
): Arguments {
  const args: Arguments = {};
  for (const field of fields) {
    if (field.writable === false) continue;
    const value = field.value === undefined ? valueOf(field) : field.value;
    if (!field.custom) args[field.key] = value;
    else (args.additional_fields ??= []).push({ id: field.id, value });
  }
  return args;
}
