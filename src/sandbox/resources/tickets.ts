/**
 * `/tickets`: what is special about them.
 *
 * @module
 */

import { type Collection, routes, type Verb } from "../collection.ts";
import { uniqueId } from "../data/deals.ts";
import { record } from "../data/people.ts";
import {
  TICKET_PIPELINES,
  TICKET_STAGES,
  TICKET_TEMPLATE,
} from "../data/ticket_template.ts";
import { ticketPlace } from "../data/tickets.ts";
import {
  choice,
  type Key,
  many,
  reader,
  type Reading,
  shown,
  text,
} from "../keys.ts";
import { createRandom } from "../random.ts";
import { contactName, recordName, type Stored } from "../records.ts";
import type { Resource } from "../router.ts";
import { fromDayFirst, toIso } from "../time.ts";
import { companyChoices } from "./links.ts";
import { owner } from "./owner.ts";

/**
 * A day, written day first; Qontak's collection has both `24-11-2026` and
 * `24/11/2026`. Answers have ISO; ISO in a body is refused (assumed).
 */
function dueDate(): Key {
  const name = "due_date";
  return {
    name,
    read: reader(
      name,
      "a date as dd-mm-yyyy or dd/mm/yyyy",
      (value) => typeof value === "string" ? fromDayFirst(value) : undefined,
    ),
    show: (value) => ({ [name]: value == null ? null : toIso(Number(value)) }),
  };
}

/** Tasks, whose ids are texts in their own answers: both forms are accepted. */
function tasks(): Key {
  const key = many({
    ids: "crm_task_ids",
    names: "crm_task_names",
    records: (world) => world.tasks,
    label: recordName,
  });
  return {
    ...key,
    read(reading) {
      const { body } = reading.call;
      const { crm_task_ids: ids } = body;
      if (!Array.isArray(ids)) return key.read!(reading);
      const crm_task_ids = ids.map((id) =>
        typeof id === "string" && /^\d+$/.test(id) ? Number(id) : id
      );
      const call = { ...reading.call, body: { ...body, crm_task_ids } };
      return key.read!({ ...reading, call });
    },
  };
}

/** The keys of Qontak's collection. Labels of several are `names` here. */
const KEYS: readonly Key[] = [
  shown("slug", ({ record }) => record.slug),
  shown("unique_ticket_id", ({ record }) => record.values.unique_ticket_id),
  text("name"),
  choice("user"),
  // The template has it, but no body of the collection does. Assumed: an update
  // without it keeps the old value.
  owner(false),
  choice("ticket_stage"),
  choice("ticket_pipeline"),
  text("description"),
  dueDate(),
  choice("ticket_priority"),
  choice("ticket_category"),
  choice("crm_company", companyChoices),
  many({
    ids: "crm_lead_ids",
    names: "crm_lead_names",
    records: (world) => world.contacts,
    label: contactName,
  }),
  many({
    ids: "crm_product_ids",
    names: "crm_product_names",
    records: (world) => world.products,
    label: recordName,
  }),
  tasks(),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
];

function stageOf(id: unknown): typeof TICKET_STAGES[number] | undefined {
  return TICKET_STAGES.find((stage) => stage.id === id);
}

/**
 * The pipeline follows from the stage. Assumed: a pipeline in the body must be
 * the stage's.
 */
function settle({ call, values, fail }: Reading): void {
  const stage = stageOf(values.ticket_stage_id);
  if (!stage) return fail("ticket_stage_id", "can't be blank");
  const { ticket_pipeline_id: id, ticket_pipeline_name: name } = call.body;
  if (id == null && name == null) {
    values.ticket_pipeline_id = stage.ticket_pipeline_id;
  } else if (values.ticket_pipeline_id !== stage.ticket_pipeline_id) {
    fail("ticket_stage_id", "is not a stage of the pipeline");
  }
}

interface Field {
  readonly id: number;
  readonly value: string | null;
}

/**
 * A GPS field has two more keys. They are null if the field is empty; right
 * after a write every empty field is null, as in Qontak's collection. Assumed:
 * what they hold if the field is filled.
 */
function showField(field: Field, { custom }: Stored, verb: Verb): unknown {
  if (verb === "create" || verb === "update") {
    return custom.has(field.id)
      ? field
      : { ...field, value: null, value_name: null };
  }
  if (!GPS.has(field.id)) return field;
  const [, lat = null, long = null] =
    /^\s*(\S+)\s*,\s*(\S+)\s*$/.exec(field.value ?? "") ?? [];
  return { ...field, long, lat };
}

/** The ids of the custom fields that hold a location. */
const GPS = new Set(
  TICKET_TEMPLATE.filter(({ type }) => type === "gps").map(({ id }) => id),
);

const collection: Collection<Stored> = {
  name: "tickets",
  records: (world) => world.tickets,
  template: () => TICKET_TEMPLATE,
  keys: KEYS,
  aliases: {},
  // None is documented; pages work as elsewhere (assumed).
  filters: {},
  blank({ body, world }) {
    const id = world.nextId();
    const unique_ticket_id = uniqueId(createRandom(id));
    return record(id, String(body.name), Date.now(), { unique_ticket_id });
  },
  settle,
  place({ ticket_stage_id }) {
    const stage = stageOf(ticket_stage_id);
    return stage && ticketPlace(stage);
  },
  answersUpdate: () => true,
  finish(shown, record, _call, verb) {
    const fields = shown.additional_fields as Field[];
    return {
      ...shown,
      additional_fields: fields.map((one) => showField(one, record, verb)),
    };
  },
};

/** The seven endpoints of tickets. */
export const tickets: Resource = {
  name: "tickets",
  routes: [
    ...routes(collection, "info", "list", "get", "create", "update", "delete"),
    {
      method: "GET",
      path: "/tickets/ticket_pipelines",
      handle: () => ({ response: TICKET_PIPELINES }),
    },
  ],
};
