/**
 * A fact that Qontak's documents leave open: what this project assumes, the one
 * place in the code that relies on it, and how the live test checks it.
 *
 * @module
 */
import { type Moment, parseDate, toDayFirst } from "../../src/fields/dates.ts";
import { isSame } from "../../src/fields/readback.ts";
import type { Field } from "../../src/fields/template.ts";
import { type Endpoint, nameOf } from "../../src/qontak/endpoints.ts";
import { isEmpty } from "../../src/values/json.ts";
import { objectsIn, recordIn, typeName, typeNames } from "./answers.ts";
import type { Kind } from "./kinds.ts";
import type { Lab } from "./lab.ts";
import { demand, type Finding } from "./verdict.ts";

/** A fact without its probe. */
export interface Claim {
  readonly question: string;
  /** What the code assumes. */
  readonly assumed: string;
  /** The place that relies on it: `src/fields/required.ts: requirementOf`. */
  readonly code: string;
  /** How the live test checks it. */
  readonly how: string;
}

/**
 * When a probe can run: on the results of the reads, with our own records in
 * place, once everything else is done and it only looks at the log, or after
 * the cleanup, because it may end the run's access.
 */
export type Phase = "read" | "write" | "log" | "last";

/** Checks a fact. Throws {@linkcode NotTried} if it cannot. */
export type Probe = (lab: Lab) => Finding | Promise<Finding>;

/** A fact, with its probe under the name of its phase. */
export type Fact =
  & Claim
  & { readonly [P in Phase]: Readonly<Record<P, Probe>> }[Phase];

/** Facts by their names in the report. */
export type Facts = Readonly<Record<string, Fact>>;

/**
 * A probe of the types of values in the answers of this run, which `typeNames`
 * joins; `without` says why there may be none.
 */
export function types(
  expected: string,
  values: (lab: Lab) => readonly unknown[],
  without: string | ((lab: Lab) => string),
  name = typeName,
): Probe {
  return (lab) => {
    const why = typeof without === "string" ? without : without(lab);
    const found = typeNames(demand(values(lab), why), name);
    return [found === expected, found];
  };
}

/** Why most facts are not tried by a run that only reads. */
export const NEEDS_WRITE = "it needs --write";

/** Why an endpoint has not answered. */
export const unseen = (endpoint: Endpoint) => ({ flags }: Lab) =>
  endpoint.method === "GET" || flags.write
    ? `${nameOf(endpoint)} brought nothing to see it by`
    : NEEDS_WRITE;

/** The values of `response` in the successful answers of endpoints. */
export function responses(lab: Lab, ...from: readonly Endpoint[]): unknown[] {
  return from.flatMap(lab.answers).map(({ body }) => body?.response);
}

/** The records in the successful answers of endpoints, listed or alone. */
export function records(lab: Lab, ...from: readonly Endpoint[]) {
  return responses(lab, ...from).flatMap((response) =>
    Array.isArray(response) ? objectsIn(response) : [recordIn(response)]
  );
}

/** What happened to a value. */
export interface Seen {
  /** The status of the refusal, if Qontak refused it. */
  readonly refused?: number;
  /** The value in the record now; undefined if it does not show the key. */
  readonly stored?: unknown;
  /** The name of the option, for custom fields. */
  readonly label?: unknown;
}

/**
 * Writes one value of our record with a raw PUT, and reads it again. A standard
 * field is named by its key.
 */
export async function sendAndSee(
  lab: Lab,
  kind: Kind,
  field: string | Field,
  value: unknown,
): Promise<Seen> {
  const body = typeof field === "string"
    ? { [field]: value }
    : { additional_fields: [{ id: field.id, name: field.name, value }] };
  const attempt = await lab.change(kind, body);
  if (!attempt.ok) return { refused: attempt.status };
  const answer = recordIn(attempt.body?.response);
  // What only the write's answer has counts too.
  const record = { ...answer, ...await lab.read(kind) };
  if (typeof field === "string") return { stored: record[field] };
  const entry = objectsIn(record.additional_fields)
    .find(({ id }) => id === field.id);
  return { stored: entry?.value, label: entry?.value_name };
}

/** What happened to a value, in words that contain only what we sent. */
export function describe({ refused, stored }: Seen, sent: unknown): string {
  if (refused !== undefined) return `refused with ${refused}`;
  if (stored === undefined) return "accepted, and not shown";
  if (isSame(sent, stored)) return "stored as sent";
  return isEmpty(stored)
    ? "accepted, and not stored"
    : `stored otherwise, as ${typeName(stored)}`;
}

/** Sends a date in some form; the stored day shows whether Qontak took it. */
export async function tryDate(
  lab: Lab,
  kind: Kind,
  key: string,
  day: string,
  write: (moment: Moment) => string,
): Promise<Finding> {
  const moment = parseDate(day)!;
  const seen = await sendAndSee(lab, kind, key, write(moment));
  const { refused, stored } = seen;
  if (refused !== undefined) return [false, describe(seen, day)];
  if (stored === undefined) return [undefined, describe(seen, day)];
  if (isEmpty(stored)) return [false, describe(seen, day)];
  const found = parseDate(String(stored));
  if (!found || toDayFirst(found) !== toDayFirst(moment)) {
    return [false, "stored as another day"];
  }
  // The form of the date, with 9 for each digit.
  const form = String(stored).replace(/\d/g, "9").slice(0, 32);
  return [true, `stored, shown in the form ${form}`];
}
