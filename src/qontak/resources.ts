/**
 * The specifics of each kind of record: its endpoints, the names that differ
 * between template and body, and the keys with a special meaning. Every trait
 * is required, so that none is forgotten for a new resource. Null or an empty
 * table means that the resource does not have the trait.
 *
 * @module
 */
import type { TextKeys } from "./bodies.ts";
import { type Endpoint, endpoints } from "./endpoints.ts";
import { createDerived } from "../values/derived.ts";

/** The form in which a standard date is sent. */
export type DateForm = "iso" | "day-first";

/** A kind of record. */
export interface Resource {
  /** The name in the singular, as tools use it. */
  readonly name: string;
  /** The name in the plural. */
  readonly plural: string;
  /** The tool argument that holds a record's id. */
  readonly idArgument: string;
  /** The endpoints for the operations that kinds of records share. */
  readonly endpoints: {
    /** Null if Qontak does not publish the list of fields. */
    readonly template: Endpoint | null;
    readonly list: Endpoint;
    readonly get: Endpoint;
    readonly create: Endpoint;
    readonly update: Endpoint;
    /** Null if Qontak cannot delete such records. */
    readonly delete: Endpoint | null;
  };
  /** Names in the template that differ from the keys of bodies and records. */
  readonly aliases: Readonly<Record<string, string>>;
  /**
   * Body keys that have another name as tool arguments, because their own name
   * means the tenant.
   */
  readonly arguments: Readonly<Record<string, string>>;
  /** The keys of pipeline and stage; null for resources without pipelines. */
  readonly place: PlaceTrait | null;
  /** The owner key; null if no body has one. */
  readonly owner: OwnerTrait | null;
  /**
   * Body keys that a record must have, whatever a template says. Every sample
   * in Qontak's collection has them.
   */
  readonly needs: readonly string[];
  /**
   * Body keys of which a new record must have one, and why; null if there are
   * none.
   */
  readonly needsOne: NeedsOneTrait | null;
  /**
   * The key of a total and the keys from which it is computed, if Qontak stores
   * the total as sent; null if there is no such total.
   */
  readonly total: TotalTrait | null;
  /**
   * How to find out whether a record exists; null if its list does not show it.
   */
  readonly identity: IdentityTrait | null;
  /**
   * The strings that records show in addition to those of the bodies, and
   * whether each is free text. The bodies declare their own keys.
   */
  readonly shows: TextKeys;
  /** The form of standard dates. */
  readonly dates: DateForm;
  /**
   * Whether a single record is read in a different shape from the one in which
   * it is written. Reading it back then cannot confirm a write.
   */
  readonly readsOtherwise: boolean;
}

/** The keys of pipeline and stage, and the endpoints that list them. */
export interface PlaceTrait {
  /** The key of the pipeline. */
  readonly pipeline: string;
  /** The key of the stage. */
  readonly stage: string;
  /** Lists the pipelines. */
  readonly pipelines: Endpoint;
  /**
   * The endpoint that lists the stages of one pipeline, or the key of a listed
   * pipeline that holds its stages. In the second case the template also lists
   * both, and its lists are used first.
   */
  readonly stages: Endpoint | string;
}

/** The key of the owner. */
export interface OwnerTrait {
  /** The body key. */
  readonly key: string;
  /**
   * Whether an update without this key makes the token's user the owner, as
   * Qontak's collection says. If so, the key is sent with every update.
   */
  readonly resetByUpdate: boolean;
}

/** Body keys of which a new record must have one. */
export interface NeedsOneTrait {
  /** The keys. */
  readonly of: readonly string[];
  /** Why, as a sentence without a full stop. */
  readonly why: string;
}

/** A total that Qontak stores as sent. */
export interface TotalTrait {
  /** The body key of the total. */
  readonly key: string;
  /** The body keys from which it is computed. */
  readonly of: readonly string[];
}

/** How to find a record when its create request got no answer. */
export interface IdentityTrait {
  /**
   * Groups of body keys. A record that matches all values of one group is
   * treated as the one that was sent. A group is used only if its first key was
   * sent.
   */
  readonly sameWhen: readonly (readonly [string, ...string[]])[];
  /**
   * Query parameters that narrow the list, by the body key whose value they
   * take.
   */
  readonly searchBy: Readonly<Record<string, string>>;
}

/** The strings that every record shows. */
const stamps = {
  slug: "line",
  created_at: "line",
  updated_at: "line",
} as const satisfies TextKeys;

/** The total price of products and product lines. */
const sum: TotalTrait = {
  key: "total_price",
  of: ["price", "quantity", "discount"],
};

const contact: Resource = {
  name: "contact",
  plural: "contacts",
  idArgument: "contact_id",
  endpoints: endpoints.contacts,
  aliases: { crm_phones: "telephone" },
  arguments: {},
  place: null,
  owner: { key: "creator_id", resetByUpdate: true },
  needs: ["first_name"],
  needsOne: null,
  total: null,
  identity: {
    sameWhen: [["email"], ["telephone"], ["first_name", "last_name"]],
    searchBy: { email: "email", first_name: "name" },
  },
  shows: stamps,
  // Assumed to be the same as for custom dates: a birthday is a day, not a
  // moment.
  dates: "day-first",
  readsOtherwise: false,
};

const company: Resource = {
  name: "company",
  plural: "companies",
  idArgument: "company_id",
  endpoints: endpoints.companies,
  aliases: { crm_phones: "telephone" },
  arguments: {},
  place: null,
  owner: { key: "creator_id", resetByUpdate: false },
  needs: ["name"],
  needsOne: null,
  total: null,
  identity: {
    sameWhen: [["name"], ["telephone"]],
    searchBy: { name: "name" },
  },
  shows: stamps,
  dates: "iso",
  readsOtherwise: false,
};

const deal: Resource = {
  name: "deal",
  plural: "deals",
  idArgument: "deal_id",
  endpoints: endpoints.deals,
  aliases: { crm_contact: "crm_lead_ids", crm_company: "crm_company_id" },
  arguments: {},
  place: {
    pipeline: "crm_pipeline_id",
    stage: "crm_stage_id",
    pipelines: endpoints.pipelines.list,
    stages: endpoints.pipelines.stages,
  },
  owner: { key: "creator_id", resetByUpdate: true },
  needs: ["name"],
  needsOne: null,
  total: null,
  identity: { sameWhen: [["name"]], searchBy: { name: "name" } },
  shows: { ...stamps, crm_deal_status: "line", unique_deal_id: "line" },
  dates: "iso",
  readsOtherwise: false,
};

const ticket: Resource = {
  name: "ticket",
  plural: "tickets",
  idArgument: "ticket_id",
  endpoints: endpoints.tickets,
  aliases: {},
  arguments: { user_id: "assignee_id" },
  place: {
    pipeline: "ticket_pipeline_id",
    stage: "ticket_stage_id",
    pipelines: endpoints.tickets.pipelines,
    stages: "ticket_stages",
  },
  owner: { key: "user_id", resetByUpdate: false },
  needs: ["name"],
  needsOne: null,
  total: null,
  identity: { sameWhen: [["name"]], searchBy: {} },
  shows: {
    ...stamps,
    unique_ticket_id: "line",
    user_name: "line",
    assignee_name: "line",
    creator_name: "line",
    ticket_stage_name: "line",
    ticket_pipeline_name: "line",
    ticket_priority_name: "line",
    ticket_category_name: "line",
    crm_company_name: "line",
    crm_lead_names: "line",
    crm_product_names: "line",
    crm_task_names: "line",
  },
  dates: "day-first",
  readsOtherwise: false,
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
    // Assumed, because it is the only body key that takes teams.
    crm_team_hierarchy_id: "crm_team_ids",
  },
  arguments: { user_id: "assignee_id" },
  place: null,
  owner: { key: "user_id", resetByUpdate: false },
  needs: ["name"],
  needsOne: null,
  total: null,
  identity: { sameWhen: [["name"]], searchBy: {} },
  shows: {
    ...stamps,
    assignee_name: "line",
    crm_task_status_name: "line",
    crm_task_priority_name: "line",
  },
  dates: "iso",
  readsOtherwise: false,
};

const note: Resource = {
  name: "note",
  plural: "notes",
  idArgument: "note_id",
  endpoints: { template: null, ...endpoints.notes },
  aliases: {},
  arguments: {},
  place: null,
  owner: null,
  needs: ["note"],
  needsOne: {
    of: ["crm_person_id", "crm_company_id", "crm_deal_id"],
    why: "Qontak lists notes only by the record that they belong to",
  },
  total: null,
  identity: {
    sameWhen: [["note"]],
    searchBy: {
      crm_person_id: "crm_lead_id",
      crm_company_id: "crm_company_id",
      crm_deal_id: "crm_deal_id",
    },
  },
  // The second is this server's own: it says that formatting was left out.
  shows: { ...stamps, crm_checkin: "line", note_formatting: "line" },
  dates: "iso",
  readsOtherwise: false,
};

const product: Resource = {
  name: "product",
  plural: "products",
  idArgument: "product_id",
  endpoints: { template: null, ...endpoints.products },
  aliases: {},
  arguments: {},
  place: null,
  owner: null,
  needs: ["name"],
  needsOne: null,
  total: sum,
  identity: { sameWhen: [["name"]], searchBy: { name: "query" } },
  shows: stamps,
  dates: "iso",
  readsOtherwise: false,
};

const productsAssociation: Resource = {
  name: "products_association",
  plural: "products_associations",
  idArgument: "association_id",
  endpoints: { template: null, ...endpoints.productsAssociation },
  aliases: {},
  arguments: {},
  place: null,
  owner: null,
  needs: ["name", "crm_product_id", "crm_deal_id"],
  needsOne: null,
  total: sum,
  identity: {
    sameWhen: [["crm_product_id", "crm_deal_id"], ["name", "crm_deal_id"]],
    searchBy: { crm_deal_id: "crm_deal_id" },
  },
  shows: stamps,
  dates: "iso",
  readsOtherwise: false,
};

const geolocation: Resource = {
  name: "geolocation",
  plural: "geolocations",
  idArgument: "geolocation_id",
  endpoints: { template: null, delete: null, ...endpoints.geolocations },
  aliases: {},
  arguments: {},
  place: null,
  owner: null,
  // Check-ins are listed in a different shape from the one in which they are
  // sent.
  needs: ["latitude", "longitude"],
  needsOne: null,
  total: null,
  identity: null,
  shows: {
    date: "line",
    time: "line",
    address: "line",
    place_name: "line",
    place_id: "line",
  },
  dates: "iso",
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
 * The tool argument for a body key.
 *
 * @param resource The kind of record.
 * @param key The body key.
 */
export function argumentOf(
  resource: Pick<Resource, "arguments">,
  key: string,
): string {
  const { arguments: names } = resource;
  return Object.hasOwn(names, key) ? names[key]! : key;
}

/** The keys that hold amounts in the currency of their record. */
const MONEY: readonly string[] = ["size", "price", "total_price"];

/** Whether a key holds an amount in the currency of its record. */
export function isMoney(
  { endpoints }: {
    readonly endpoints: { readonly create: Pick<Endpoint, "body"> };
  },
  key: string,
): boolean {
  return MONEY.includes(key) &&
    Object.hasOwn(endpoints.create.body, "currency");
}

/** The keys of bodies and records that hold the id of a user of Qontak. */
export const PERSON_KEYS = ["creator_id", "user_id"] as const;

/** Whether a key holds the id of a user of Qontak. */
export function isPersonKey(key: string): boolean {
  return PERSON_KEYS.some((one) => one === key);
}

/**
 * Whether a key names the pipeline or the stage of a record, by id or by name.
 *
 * @param resource The kind of record.
 * @param key A key of a body or a field.
 */
export function isPlaceKey({ place }: Resource, key: string): boolean {
  return place !== null && placeKeys(place).has(key);
}

/** The keys of a pipeline and a stage, and of their names. */
const placeKeys = createDerived(
  ({ pipeline, stage }: PlaceTrait) =>
    new Set([pipeline, stage].flatMap((id) => [id, nameKeyOf(id)])),
);

/**
 * Whether a word is short for the key of an id, such as `stage` for
 * `crm_stage_id`.
 *
 * @param word The word.
 * @param key A key of a body or record.
 * @param argument What arguments call it.
 */
export function isShortFor(
  word: string,
  key: string,
  argument: string,
): boolean {
  const name = `${word.toLowerCase()}_id`;
  return argument === name ||
    key.endsWith(`_${name}`) && !key.startsWith("unique_");
}

/**
 * The key that holds the label of an id: `crm_stage_id` → `crm_stage_name`,
 * `crm_lead_ids` → `crm_lead_name`.
 *
 * @param key A key of a body or record.
 * @returns The key of the label; undefined if the key does not hold an id.
 */
export function nameKeyOf(key: string): string | undefined {
  // Most keys are not those of ids, and each record asks for all of its keys.
  if (!key.endsWith("_id") && !key.endsWith("_ids")) return undefined;
  const stem = /^(.+)_ids?$/.exec(key)?.[1];
  return stem === undefined ? undefined : `${stem}_name`;
}
