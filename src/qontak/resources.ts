/**
 * What is particular to each kind of record: its endpoints, the names that
 * differ between template and body, and the keys with a meaning of their own.
 *
 * @module
 */
import { type Endpoint, endpoints } from "./endpoints.ts";

/** The form in which a standard date is sent. */
export type DateForm = "iso" | "day-first";

/** A kind of record. */
export interface Resource {
  /** The name in the singular, as tools use it. */
  readonly name: string;
  /** The name in the plural. */
  readonly plural: string;
  /** The argument of tools that holds a record's id. */
  readonly idArgument: string;
  /** Its endpoints for what kinds of records have in common. */
  readonly endpoints: {
    /** Absent where Qontak does not publish which fields there are. */
    readonly template?: Endpoint;
    readonly list: Endpoint;
    readonly get: Endpoint;
    readonly create: Endpoint;
    readonly update: Endpoint;
    readonly delete?: Endpoint;
  };
  /** Names in the template that differ from the keys of bodies and records. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Body keys that tools call otherwise, since the name means the tenant. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** The keys that say where a record stands, on resources with pipelines. */
  readonly place?: { readonly pipeline: string; readonly stage: string };
  /**
   * The key of the owner, where an update without it makes the token's user
   * the owner (said so in Qontak's collection).
   */
  readonly owner?: string;
  /** The form of standard dates; ISO when left out. */
  readonly dates?: DateForm;
  /**
   * Whether a single record is read in another shape than it is written in,
   * so that reading it again says nothing of a write.
   */
  readonly readsOtherwise?: boolean;
}

const contact: Resource = {
  name: "contact",
  plural: "contacts",
  idArgument: "contact_id",
  endpoints: endpoints.contacts,
  aliases: { crm_phones: "telephone" },
  owner: "creator_id",
  // Assumed, as custom dates are: a birthday is a day, not a moment.
  dates: "day-first",
};

const company: Resource = {
  name: "company",
  plural: "companies",
  idArgument: "company_id",
  endpoints: endpoints.companies,
  aliases: { crm_phones: "telephone" },
};

const deal: Resource = {
  name: "deal",
  plural: "deals",
  idArgument: "deal_id",
  endpoints: endpoints.deals,
  aliases: { crm_contact: "crm_lead_ids", crm_company: "crm_company_id" },
  place: { pipeline: "crm_pipeline_id", stage: "crm_stage_id" },
  owner: "creator_id",
};

const ticket: Resource = {
  name: "ticket",
  plural: "tickets",
  idArgument: "ticket_id",
  endpoints: endpoints.tickets,
  arguments: { user_id: "assignee_id" },
  place: { pipeline: "ticket_pipeline_id", stage: "ticket_stage_id" },
  dates: "day-first",
};

const task: Resource = {
  name: "task",
  plural: "tasks",
  idArgument: "task_id",
  endpoints: endpoints.tasks,
  aliases: {
    crm_person: "crm_person_id",
    crm_company: "crm_company_id",
    crm_deal: "crm_deal_id",
    crm_task_attachment: "attachment",
    // Assumed: the only key of a body that takes teams.
    crm_team_hierarchy_id: "crm_team_ids",
  },
  arguments: { user_id: "assignee_id" },
};

const note: Resource = {
  name: "note",
  plural: "notes",
  idArgument: "note_id",
  endpoints: endpoints.notes,
};

const product: Resource = {
  name: "product",
  plural: "products",
  idArgument: "product_id",
  endpoints: endpoints.products,
};

const productsAssociation: Resource = {
  name: "products_association",
  plural: "products_associations",
  idArgument: "association_id",
  endpoints: endpoints.productsAssociation,
};

const geolocation: Resource = {
  name: "geolocation",
  plural: "geolocations",
  idArgument: "geolocation_id",
  endpoints: endpoints.geolocations,
  readsOtherwise: true,
};

/** Every kind of record that can be written. */
export const resources = {
  contact,
  company,
  deal,
  ticket,
  task,
  note,
  product,
  productsAssociation,
  geolocation,
} as const satisfies Readonly<Record<string, Resource>>;

/**
 * The argument of tools for a body key.
 *
 * @param resource The kind of record.
 * @param key The body key.
 */
export function argumentOf(resource: Resource, key: string): string {
  return resource.arguments?.[key] ?? key;
}

/**
 * Whether a key says where a record stands: the pipeline or the stage, by id
 * or by name.
 *
 * @param resource The kind of record.
 * @param key A key of a body or a field.
 */
export function isPlaceKey({ place }: Resource, key: string): boolean {
  return place !== undefined &&
    [place.pipeline, place.stage].some((id) =>
      id === key || nameKeyOf(id) === key
    );
}

/**
 * The key that holds the label of an id: `crm_stage_id` → `crm_stage_name`,
 * `crm_lead_ids` → `crm_lead_name`.
 *
 * @param key A key of a body or record.
 * @returns The partner's key, or undefined where there is none.
 */
export function nameKeyOf(key: string): string | undefined {
  const stem = /^(.+)_ids?$/.exec(key)?.[1];
  return stem === undefined ? undefined : `${stem}_name`;
}
