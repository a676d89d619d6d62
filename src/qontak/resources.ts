/**
 * What is particular to each kind of record: its endpoints, the names that
 * differ between template and body, and the keys with a meaning of their own.
 * Every trait is required, so that a new resource cannot forget one; null or
 * an empty table says that it has none.
 *
 * @module
 */
import type { TextKeys } from "./bodies.ts";
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
    /** Null where Qontak does not publish which fields there are. */
    readonly template: Endpoint | null;
    readonly list: Endpoint;
    readonly get: Endpoint;
    readonly create: Endpoint;
    readonly update: Endpoint;
    /** Null where Qontak has no way to delete one. */
    readonly delete: Endpoint | null;
  };
  /** Names in the template that differ from the keys of bodies and records. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Body keys that have another name as arguments, since theirs means the tenant. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Its pipeline and stage; null on resources without pipelines. */
  readonly place: PlaceTrait | null;
  /** Who owns a record; null where no body says who. */
  readonly owner: OwnerTrait | null;
  /**
   * Body keys that a record is nothing without, whatever a template says: every
   * sample in Qontak's collection has them.
   */
  readonly needs: readonly string[];
  /**
   * The sum of a record and the keys that it is made of, where Qontak keeps
   * the sum as it is sent; null where there is none.
   */
  readonly total: TotalTrait | null;
  /** How to tell whether a record is there; null where its list cannot tell. */
  readonly identity: IdentityTrait | null;
  /**
   * The strings that its records show beside those of its bodies, and whether
   * each is free text. The bodies say it of their own keys.
   */
  readonly shows: TextKeys;
  /** The form of standard dates. */
  readonly dates: DateForm;
  /**
   * Whether a single record is read in another shape than it is written in,
   * so that reading it again says nothing of a write.
   */
  readonly readsOtherwise: boolean;
}

/** The keys of pipeline and stage, and where Qontak lists them. */
export interface PlaceTrait {
  /** The key of the pipeline. */
  readonly pipeline: string;
  /** The key of the stage. */
  readonly stage: string;
  /** Lists the pipelines. */
  readonly pipelines: Endpoint;
  /**
   * Lists the stages of one pipeline; or the key of each listed pipeline that
   * holds its stages. In that case the template lists both as well, and its
   * lists come first.
   */
  readonly stages: Endpoint | string;
}

/** The key of the owner. */
export interface OwnerTrait {
  /** The body key. */
  readonly key: string;
  /**
   * Whether an update without it makes the token's user the owner, as Qontak's
   * collection says: it is then sent with every update.
   */
  readonly resetByUpdate: boolean;
}

/** A sum that Qontak keeps as it is sent. */
export interface TotalTrait {
  /** The body key of the sum. */
  readonly key: string;
  /** The body keys that it is made of. */
  readonly of: readonly string[];
}

/** What a record is found by when its creation got no answer. */
export interface IdentityTrait {
  /**
   * Groups of body keys: a record that has all values of one group is taken
   * for the one that was sent. A group counts where its first key was sent.
   */
  readonly sameWhen: readonly (readonly [string, ...string[]])[];
  /** What narrows the list down: query parameters, by the body key they take. */
  readonly searchBy: Readonly<Record<string, string>>;
}

/** The strings that every record shows. */
const stamps = {
  slug: "line",
  created_at: "line",
  updated_at: "line",
} as const satisfies TextKeys;

/** What products and product lines cost in all. */
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
  total: null,
  identity: {
    sameWhen: [["email"], ["telephone"], ["first_name", "last_name"]],
    searchBy: { email: "email", first_name: "name" },
  },
  shows: stamps,
  // Assumed, as custom dates are: a birthday is a day, not a moment.
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
  total: null,
  identity: { sameWhen: [["name"]], searchBy: {} },
  shows: {
    ...stamps,
    unique_ticket_id: "line",
    user_name: "line",
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
    // Assumed: the only key of a body that takes teams.
    crm_team_hierarchy_id: "crm_team_ids",
  },
  arguments: { user_id: "assignee_id" },
  place: null,
  owner: { key: "user_id", resetByUpdate: false },
  needs: ["name"],
  total: null,
  identity: { sameWhen: [["name"]], searchBy: {} },
  shows: stamps,
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
  total: null,
  identity: {
    sameWhen: [["note"]],
    searchBy: {
      crm_person_id: "crm_lead_id",
      crm_company_id: "crm_company_id",
      crm_deal_id: "crm_deal_id",
    },
  },
  shows: { ...stamps, crm_checkin: "line" },
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
  // Check-ins are listed in another shape than they are sent in.
  needs: ["latitude", "longitude"],
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
 * The argument of tools for a body key.
 *
 * @param resource The kind of record.
 * @param key The body key.
 */
export function argumentOf(resource: Resource, key: string): string {
  const { arguments: names } = resource;
  return Object.hasOwn(names, key) ? names[key]! : key;
}

/**
 * Whether a key says where a record stands: the pipeline or the stage, by id
 * or by name.
 *
 * @param resource The kind of record.
 * @param key A key of a body or a field.
 */
export function isPlaceKey({ place }: Resource, key: string): boolean {
  return place !== null &&
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
