/**
 * The verbs that resources share, made from a description of the resource.
 *
 * @module
 */

import { notFound, type PageKeys, paginate, Refusal } from "./answer.ts";
import { customLabel, readCustom, showCustom } from "./custom.ts";
import type { Key, Reading } from "./keys.ts";
import type { Records, Stored, Values, World } from "./records.ts";
import type { Call, Route } from "./router.ts";
import { type Descriptor, isRequired, type Place } from "./template.ts";

/** What is special about a resource. */
export interface Collection<R extends Stored> {
  /** The first segment of its paths. */
  readonly name: string;
  /** Its records. */
  records(world: World): Records<R>;
  /** Its template, exactly as `info` answers it. */
  template(world: World): readonly Descriptor[];
  /** Its standard keys, in the order of the answers. */
  readonly keys: readonly Key[];
  /** Body keys that differ from their name in the template. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Query parameters of the list; any other is ignored, as Rails does. */
  readonly filters: Readonly<
    Record<string, (record: R, wanted: string, world: World) => boolean>
  >;
  /** An empty record. */
  blank(call: Call): R;
  /** Checks rules that involve several keys; may fill in `reading.values`. */
  settle?(reading: Reading): void;
  /** The place of a record with these values; it decides what is required. */
  place?(values: Values, world: World): Place | undefined;
  /** Runs after a write, for example to add to histories. */
  saved?(record: R, before: Values | undefined, call: Call): void;
  /** Runs after a deletion. */
  removed?(record: R, call: Call): void;
  /** Whether PUT answers the record; `meta` alone otherwise. */
  answersUpdate(call: Call): boolean;
  /** Keys that the answer to a create lacks. */
  readonly absentFromCreate?: readonly string[];
  /** Changes a record for the answer to one verb, after everything else. */
  finish?(
    shown: Record<string, unknown>,
    record: R,
    call: Call,
    verb: Verb,
  ): Record<string, unknown>;
  /** The order of the list; the newest record first where absent. */
  order?(a: R, b: R): number;
  /**
   * The names of the pagination keys, where they differ from the usual ones.
   */
  readonly pageKeys?: PageKeys;
}

/**
 * Finds the record that a path names.
 *
 * @throws {Refusal} 404 if the record does not exist
 */
export function find<R extends Stored>(
  collection: Collection<R>,
  { params, world }: Call,
): R {
  const record = collection.records(world).get(Number(params.id));
  if (!record) throw notFound();
  return record;
}

/** A record as the answer to a verb shows it. */
export function show<R extends Stored>(
  collection: Collection<R>,
  record: R,
  call: Call,
  verb: Verb = "get",
): Record<string, unknown> {
  const fresh = verb === "create";
  const template = collection.template(call.world);
  const shown: Record<string, unknown> = { id: record.id };
  for (const key of collection.keys) {
    const value = record.values[key.name];
    Object.assign(shown, key.show(value, { call, template, record }));
  }
  if (fresh) {
    for (const name of collection.absentFromCreate ?? []) delete shown[name];
  }
  shown.additional_fields = showCustom(template, record.custom, fresh);
  return collection.finish?.(shown, record, call, verb) ?? shown;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (typeof value === "string" && value.trim() === "");
}

/**
 * Writes a body into a record. If any field is invalid, nothing changes.
 * Assumed: the fields that are required in the record's new stage must be
 * filled, by this body or by an earlier write.
 *
 * @throws {Refusal} 422 that names every invalid field
 */
function write<R extends Stored>(
  collection: Collection<R>,
  record: R,
  call: Call,
  creating: boolean,
): void {
  const problems = new Map<string, string>();
  const template = collection.template(call.world);
  const values = { ...record.values };
  const fail = (field: string, reason: string): void => {
    if (!problems.has(field)) problems.set(field, `${field} ${reason}`);
  };
  const reading: Reading = { call, template, values, creating, fail };
  for (const key of collection.keys) {
    const value = key.read?.(reading);
    if (value !== undefined) values[key.name] = value;
  }
  const { additional_fields: entries } = call.body;
  const custom = readCustom(entries, template, record.custom, fail);
  collection.settle?.(reading);

  const place = collection.place?.(values, call.world);
  for (const field of template) {
    if (!isRequired(field, place)) continue;
    const key = collection.aliases[field.name] ?? field.name;
    if (field.additional_field) {
      if (!custom.has(field.id!)) fail(customLabel(field), "can't be blank");
    } else if (collection.keys.some(({ name, read }) => read && name === key)) {
      if (isEmpty(values[key])) fail(key, "can't be blank");
    }
  }
  if (problems.size > 0) {
    const reasons = [...problems.values()].join("; ");
    throw new Refusal(422, `Validation failed: ${reasons}`);
  }
  const before = creating ? undefined : record.values;
  record.values = values;
  record.custom = custom;
  record.updatedAt = Date.now();
  collection.saved?.(record, before, call);
}

/** The six endpoints that most resources have. */
export type Verb = "info" | "list" | "get" | "create" | "update" | "delete";

function route<R extends Stored>(collection: Collection<R>, verb: Verb): Route {
  const all = `/${collection.name}`;
  const one = `${all}/:id`;
  switch (verb) {
    case "info":
      return {
        method: "GET",
        path: `${all}/info`,
        handle: ({ world }) => ({ response: collection.template(world) }),
      };
    case "list":
      return {
        method: "GET",
        path: all,
        handle(call) {
          const filters = Object.entries(collection.filters);
          // The newest first (assumed; the order is not documented).
          const found = [...collection.records(call.world).values()]
            .filter((record) =>
              filters.every(([name, fits]) => {
                const wanted = call.query.get(name);
                return !wanted || fits(record, wanted, call.world);
              })
            )
            .sort(
              call.newestChangeFirst
                ? (a, b) => b.updatedAt - a.updatedAt || b.id - a.id
                : collection.order ?? ((a, b) => b.id - a.id),
            );
          const { pageKeys } = collection;
          const { records, page } = paginate(
            found,
            call.query,
            pageKeys,
            call.maxPerPage,
          );
          return {
            response: records.map((record) =>
              show(collection, record, call, verb)
            ),
            page,
          };
        },
      };
    case "get":
      return {
        method: "GET",
        path: one,
        handle(call) {
          return { response: show(collection, find(collection, call), call) };
        },
      };
    case "create":
      return {
        method: "POST",
        path: all,
        handle(call) {
          const record = collection.blank(call);
          write(collection, record, call, true);
          collection.records(call.world).set(record.id, record);
          return { response: show(collection, record, call, verb) };
        },
      };
    case "update":
      return {
        method: "PUT",
        path: one,
        handle(call) {
          const record = find(collection, call);
          write(collection, record, call, false);
          return collection.answersUpdate(call)
            ? { response: show(collection, record, call, verb) }
            : {};
        },
      };
    case "delete":
      return {
        method: "DELETE",
        path: one,
        handle(call) {
          const record = find(collection, call);
          collection.records(call.world).delete(record.id);
          collection.removed?.(record, call);
          return {};
        },
      };
  }
}

/** Makes the endpoints for these verbs. */
export function routes<R extends Stored>(
  collection: Collection<R>,
  ...verbs: Verb[]
): Route[] {
  return verbs.map((verb) => route(collection, verb));
}
