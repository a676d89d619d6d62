/**
 * `/notes`: how they differ from others. A note is about one contact, deal or
 * company; its contact is a lead in the query and a person in the record.
 *
 * @module
 */

import { type Answer, Refusal } from "../answer.ts";
import { type Collection, routes, show } from "../collection.ts";
import { record } from "../data/people.ts";
import { ORGANIZATION_ID, TEAM_ID } from "../data/tenant.ts";
import {
  choice,
  type Choices,
  type Key,
  type Reading,
  shown,
  text,
} from "../keys.ts";
import type { Stored } from "../records.ts";
import type { Call, Resource } from "../router.ts";
import { toIso } from "../time.ts";
import { companyChoices, contactChoices, dealChoices } from "./links.ts";

const users: Choices = ({ call }) => call.world.users;

/** The id of a user, without the name beside it. Null means the caller. */
function user(base: string): Key {
  const pair = choice(base, users);
  return {
    ...pair,
    read(reading) {
      const id = pair.read!(reading);
      return id ?? reading.values[pair.name] ?? reading.call.user.id;
    },
    show: (value) => ({ [pair.name]: value ?? null }),
  };
}

/** The user who wrote last, unless the body names another (assumed). */
function lastModifier(): Key {
  const key = user("last_modifier");
  return {
    ...key,
    read: (reading) => key.read!({ ...reading, values: {} }),
    show: (value, { record }) => ({
      last_modifier_id: value ?? record.values.creator_id ?? null,
    }),
  };
}

/** The keys of Qontak's collection, in its order. */
const KEYS: readonly Key[] = [
  text("note"),
  user("creator"),
  lastModifier(),
  shown("team_id", () => TEAM_ID),
  shown("organization_id", () => ORGANIZATION_ID),
  text("type"),
  choice("crm_person", contactChoices, "crm_person_full_name"),
  choice("crm_deal", dealChoices),
  choice("crm_company", companyChoices),
  // Another name and shape in Qontak's OpenAPI; that it has only an address
  // there is assumed.
  shown("crm_checkin", ({ record }) => record.values.crm_checkin ?? ""),
  shown("crm_note_images", () => null),
  shown("crm_note_audios", () => null),
  shown("created_at", ({ record }) => toIso(record.createdAt)),
  shown("updated_at", ({ record }) => toIso(record.updatedAt)),
];

/** What a note can be about, in the precedence of Qontak's collection. */
const ABOUT = [
  { query: "crm_lead_id", key: "crm_person_id", type: "Crm::PersonNote" },
  { query: "crm_company_id", key: "crm_company_id", type: "Crm::CompanyNote" },
  { query: "crm_deal_id", key: "crm_deal_id", type: "Crm::DealNote" },
] as const;

/**
 * Assumed: a note has a text and is about exactly one record, and a `type` in
 * the body must match that record.
 */
function settle({ call, values, fail }: Reading): void {
  if (typeof values.note !== "string" || values.note.trim() === "") {
    fail("note", "can't be blank");
  }
  const about = ABOUT.filter(({ key }) => values[key] != null);
  const [only] = about;
  if (!only || about.length > 1) {
    const keys = ABOUT.map(({ key }) => key).join(", ");
    fail("note", `must be about exactly one of ${keys}`);
    return;
  }
  if (call.body.type != null && call.body.type !== only.type) {
    fail("type", `must be ${only.type}`);
  }
  values.type = only.type;
}

const collection: Collection<Stored> = {
  name: "notes",
  records: (world) => world.notes,
  template: () => [],
  keys: KEYS,
  aliases: {},
  filters: {},
  blank: ({ world }) => record(world.nextId(), "note", Date.now(), {}),
  settle,
  answersUpdate: () => false,
  finish({ additional_fields: _, crm_checkin, ...shown }, _record, call, verb) {
    // The answer to a create has no type in Qontak's collection.
    if (verb === "create") shown.type = null;
    const {
      crm_note_images,
      crm_note_audios,
      created_at,
      updated_at,
      ...rest
    } = shown;
    return {
      ...rest,
      ...(call.observed
        ? {
          crm_checkin_attributes: crm_checkin ? { address: crm_checkin } : null,
        }
        : { crm_checkin }),
      crm_note_images,
      crm_note_audios,
      created_at,
      updated_at,
    };
  },
};

/**
 * The notes of one record: if a query names several, of the first that has any.
 * Assumed: a query that names no record is refused; the newest comes first.
 */
function list(call: Call): Answer {
  const { query, world } = call;
  const asked = ABOUT.filter((about) => query.get(about.query));
  if (asked.length === 0) {
    const names = ABOUT.map((about) => about.query).join(", ");
    throw new Refusal(422, `Validation failed: choose one of ${names}`);
  }
  const found = asked.map((about) => {
    const id = Number(query.get(about.query));
    return [...world.notes.values()].filter(({ values }) =>
      values[about.key] === id
    );
  }).find((notes) => notes.length > 0) ?? [];
  return {
    response: found.sort((a, b) => b.id - a.id)
      .map((note) => show(collection, note, call, "list")),
  };
}

/** The five endpoints of notes; no pages, the whole list. */
export const notes: Resource = {
  name: "notes",
  routes: [
    { method: "GET", path: "/notes", handle: list },
    ...routes(collection, "get", "create", "update", "delete"),
  ],
};
