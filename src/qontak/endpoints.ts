/**
 * Qontak's CRM API v3.1 as one table: the method, path, query and body keys of
 * every endpoint, as Qontak's own collection documents them. Only requests in
 * this table can be sent.
 *
 * @module
 */
import {
  associationBody,
  type BodyKeys,
  companyBody,
  contactBody,
  dealBody,
  geolocationBody,
  noteBody,
  ownerBody,
  productBody,
  taskBody,
  type TextKeys,
  ticketBody,
} from "./bodies.ts";

/**
 * What `response` holds in a successful answer: one record, one page of a list,
 * a complete list, the rooms of a chat (one, a list, or none), or nothing (only
 * `meta`). A bare answer is an object without `meta` and `response`.
 */
export type AnswerKind =
  | "record"
  | "page"
  | "list"
  | "rooms"
  | "nothing"
  | "bare";

/** One method and path of Qontak's API. */
export interface Endpoint {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** The path below `/api/v3.1`, with `:name` for each id. */
  readonly path: string;
  /** What a successful answer holds. */
  readonly answers: AnswerKind;
  /** The query parameters that Qontak documents. */
  readonly query: readonly string[];
  /** The body keys that Qontak documents. Qontak drops all others. */
  readonly body: BodyKeys;
  /**
   * The strings in the answer that no body has, and whether each is free text.
   * Empty if the answer is a record, because the resource declares those
   * strings.
   */
  readonly shows: TextKeys;
}

const nothing = { query: [], body: {}, shows: {} } as const;

/** Lists the records of a resource, in pages or all at once. */
function list(
  path: string,
  query: readonly string[],
  answers: "page" | "list" = "page",
): Endpoint {
  return { ...nothing, method: "GET", path, answers, query };
}

/** Reads one record of a resource. */
function get(path: string): Endpoint {
  return { ...nothing, method: "GET", path, answers: "record" };
}

/** Lists the fields of a resource. The company's admins name them. */
function template(path: string): Endpoint {
  return { ...nothing, method: "GET", path, answers: "list" };
}

/**
 * Reads something that is not a record of a resource. Its strings are declared
 * here.
 */
function other(path: string, answers: AnswerKind, shows: TextKeys): Endpoint {
  return { ...nothing, method: "GET", path, answers, shows };
}

function write(
  method: "POST" | "PUT",
  path: string,
  body: BodyKeys,
  answers: AnswerKind,
  shows: TextKeys = {},
): Endpoint {
  return { ...nothing, method, path, answers, body, shows };
}

function remove(path: string): Endpoint {
  return { ...nothing, method: "DELETE", path, answers: "nothing" };
}

/** The history of a record. People write its texts. */
const timeline = {
  who: "line",
  what: "line",
  when: "line",
  how: "line",
  why: "text",
  content: "text",
} as const satisfies TextKeys;

/** Messages between customers and agents. */
const chat = {
  room_id: "line",
  user: "line",
  message: "text",
  timestamp: "line",
  type: "line",
} as const satisfies TextKeys;

/** A pipeline or a stage. The company's admins name it. */
const pipeline = {
  name: "line",
  alias_name: "line",
  slug: "line",
  win_probability: "line",
  created_at: "line",
  updated_at: "line",
} as const satisfies TextKeys;

const paging = ["page", "per_page"] as const;

/** Every endpoint, by resource and action. */
export const endpoints = {
  contacts: {
    template: template("/contacts/info"),
    list: list("/contacts", [
      "name",
      "job_title",
      "phone",
      "email",
      "crm_company_id",
      "crm_deal_id",
      "crm_status_id",
      "created_after",
      ...paging,
    ]),
    get: get("/contacts/:id"),
    timeline: other("/contacts/:id/timeline", "list", timeline),
    chatHistory: other("/contacts/:id/chat-history", "rooms", chat),
    create: write("POST", "/contacts", contactBody, "record"),
    update: write("PUT", "/contacts/:id", contactBody, "nothing"),
    updateOwner: write(
      "PUT",
      "/contacts/:id/update_owner",
      ownerBody,
      "nothing",
    ),
    delete: remove("/contacts/:id"),
  },
  companies: {
    template: template("/companies/info"),
    list: list("/companies", [
      "contact_ids",
      "deal_ids",
      "name",
      "website",
      ...paging,
    ]),
    get: get("/companies/:id"),
    timeline: other("/companies/:id/timeline", "list", timeline),
    create: write("POST", "/companies", companyBody, "record"),
    update: write("PUT", "/companies/:id", companyBody, "nothing"),
    delete: remove("/companies/:id"),
  },
  deals: {
    template: template("/deals/info"),
    list: list("/deals", [
      "name",
      "contact_ids",
      "company_ids",
      "product_ids",
      ...paging,
    ]),
    get: get("/deals/:id"),
    timeline: other("/deals/:id/timeline", "list", timeline),
    stageHistory: other("/deals/:id/stage_history", "list", {
      current_owner: "line",
      name: "line",
      moved_date: "line",
      moved_by: "line",
    }),
    // Qontak uses a hyphen here and an underscore above.
    chatHistory: other("/deals/:id/chat-history", "rooms", chat),
    realCreator: other("/deals/:id/real_creator", "record", {
      email: "line",
      full_name: "line",
      username: "line",
      phone: "line",
      company_name: "line",
      role: "line",
    }),
    // Has names where the deal itself has ids, and includes the deal's notes.
    fullField: other("/deals/:id/full-field", "record", {
      username: "line",
      crm_team: "line",
      crm_pipeline: "line",
      crm_stage: "line",
      crm_source: "line",
      crm_company: "line",
      crm_lost_reason: "line",
      product: "line",
      created_at_date: "line",
      created_at_time: "line",
      address: "line",
      note: "text",
      // Used when the notes are plain texts.
      crm_note: "text",
    }),
    create: write("POST", "/deals", dealBody, "record"),
    update: write("PUT", "/deals/:id", dealBody, "nothing"),
    updateOwner: write("PUT", "/deals/:id/update_owner", ownerBody, "nothing"),
    // The deal's id is in the body, not in the path.
    setPermissions: write(
      "POST",
      "/deals/deal_permission",
      { id: "record", permissions: "permissions" },
      "record",
      { status: "line", message: "text", email: "line", access_types: "line" },
    ),
    delete: remove("/deals/:id"),
  },
  pipelines: {
    list: other("/pipelines", "list", pipeline),
    get: other("/pipelines/:id", "record", pipeline),
    stages: other("/pipelines/:pipeline_id/stages", "list", pipeline),
  },
  tickets: {
    template: template("/tickets/info"),
    // Qontak documents no parameters, but its answers have pages.
    list: list("/tickets", paging),
    get: get("/tickets/:id"),
    pipelines: other("/tickets/ticket_pipelines", "list", pipeline),
    create: write("POST", "/tickets", ticketBody, "record"),
    update: write("PUT", "/tickets/:id", ticketBody, "record"),
    delete: remove("/tickets/:id"),
  },
  tasks: {
    template: template("/tasks/info"),
    list: list("/tasks", ["filter", ...paging]),
    get: get("/tasks/:id"),
    create: write("POST", "/tasks", taskBody, "record"),
    update: write("PUT", "/tasks/:id", taskBody, "record"),
    delete: remove("/tasks/:id"),
    listCategories: other("/tasks/category", "list", { name: "line" }),
    createCategory: write(
      "POST",
      "/tasks/category",
      { id: "record", name: "line" },
      "record",
    ),
    deleteCategory: remove("/tasks/category/:id"),
  },
  notes: {
    list: list(
      "/notes",
      ["crm_lead_id", "crm_company_id", "crm_deal_id"],
      "list",
    ),
    get: get("/notes/:id"),
    // Qontak's path has the trailing slash.
    create: write("POST", "/notes/", noteBody, "record"),
    update: write("PUT", "/notes/:id", noteBody, "nothing"),
    delete: remove("/notes/:id"),
  },
  products: {
    list: list("/products", ["query", ...paging]),
    get: get("/products/:id"),
    create: write("POST", "/products", productBody, "record"),
    update: write("PUT", "/products/:id", productBody, "nothing"),
    delete: remove("/products/:id"),
  },
  productsAssociation: {
    list: list("/products_association", [
      "crm_deal_id",
      "query",
      ...paging,
    ]),
    get: get("/products_association/:id"),
    create: write("POST", "/products_association", associationBody, "record"),
    update: write(
      "PUT",
      "/products_association/:id",
      associationBody,
      "nothing",
    ),
    delete: remove("/products_association/:id"),
  },
  geolocations: {
    list: list("/geolocations", ["page"]),
    get: get("/geolocations/:id"),
    create: write("POST", "/geolocations", geolocationBody, "record"),
    update: write("PUT", "/geolocations/:id", geolocationBody, "record"),
  },
} as const satisfies Readonly<
  Record<string, Readonly<Record<string, Endpoint>>>
>;

/**
 * The name of an endpoint in messages: `PUT /deals/:id`.
 *
 * @param endpoint The endpoint.
 * @returns Its method and path.
 */
export function nameOf(endpoint: Endpoint): string {
  return `${endpoint.method} ${endpoint.path}`;
}
