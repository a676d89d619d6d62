/**
 * Qontak's CRM API v3.1 as one table: method, path, query and body keys of
 * every endpoint, as Qontak's own collection documents them. Nothing that is
 * not in this table can be sent.
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
  ticketBody,
} from "./bodies.ts";

/**
 * What `response` holds in a good answer: one record, a list with the page it
 * belongs to, a whole list, the rooms of a chat (one, a list of them, or none), or
 * nothing (only `meta`).
 */
export type AnswerKind = "record" | "page" | "list" | "rooms" | "nothing";

/** One method and path of Qontak's API. */
export interface Endpoint {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** The path below `/api/v3.1`, with `:name` for each id in it. */
  readonly path: string;
  /** What a good answer holds. */
  readonly answers: AnswerKind;
  /** The query parameters that Qontak documents. */
  readonly query: readonly string[];
  /** The body keys that Qontak documents; others are dropped by Qontak. */
  readonly body: BodyKeys;
}

function get(
  path: string,
  answers: AnswerKind = "record",
  query: readonly string[] = [],
): Endpoint {
  return { method: "GET", path, answers, query, body: {} };
}

function write(
  method: "POST" | "PUT",
  path: string,
  body: BodyKeys,
  answers: AnswerKind,
): Endpoint {
  return { method, path, answers, query: [], body };
}

function remove(path: string): Endpoint {
  return { method: "DELETE", path, answers: "nothing", query: [], body: {} };
}

const paging = ["page", "per_page"] as const;

/** Every endpoint, by resource and what it does. */
export const endpoints = {
  contacts: {
    template: get("/contacts/info", "list"),
    list: get("/contacts", "page", [
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
    timeline: get("/contacts/:id/timeline", "list"),
    chatHistory: get("/contacts/:id/chat-history", "rooms"),
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
    template: get("/companies/info", "list"),
    list: get("/companies", "page", [
      "contact_ids",
      "deal_ids",
      "name",
      "website",
      ...paging,
    ]),
    get: get("/companies/:id"),
    timeline: get("/companies/:id/timeline", "list"),
    create: write("POST", "/companies", companyBody, "record"),
    update: write("PUT", "/companies/:id", companyBody, "nothing"),
    delete: remove("/companies/:id"),
  },
  deals: {
    template: get("/deals/info", "list"),
    list: get("/deals", "page", [
      "name",
      "contact_ids",
      "company_ids",
      "product_ids",
      ...paging,
    ]),
    get: get("/deals/:id"),
    timeline: get("/deals/:id/timeline", "list"),
    stageHistory: get("/deals/:id/stage_history", "list"),
    // A hyphen here and an underscore above: both are Qontak's.
    chatHistory: get("/deals/:id/chat-history", "rooms"),
    realCreator: get("/deals/:id/real_creator"),
    fullField: get("/deals/:id/full-field"),
    create: write("POST", "/deals", dealBody, "record"),
    update: write("PUT", "/deals/:id", dealBody, "nothing"),
    updateOwner: write("PUT", "/deals/:id/update_owner", ownerBody, "nothing"),
    // The deal's id travels in the body, not in the path.
    setPermissions: write(
      "POST",
      "/deals/deal_permission",
      { id: "record", permissions: "permissions" },
      "record",
    ),
    delete: remove("/deals/:id"),
  },
  pipelines: {
    list: get("/pipelines", "list"),
    get: get("/pipelines/:id"),
    stages: get("/pipelines/:pipeline_id/stages", "list"),
  },
  tickets: {
    template: get("/tickets/info", "list"),
    // Qontak documents no parameters, but answers in pages.
    list: get("/tickets", "page", paging),
    get: get("/tickets/:id"),
    pipelines: get("/tickets/ticket_pipelines", "list"),
    create: write("POST", "/tickets", ticketBody, "record"),
    update: write("PUT", "/tickets/:id", ticketBody, "record"),
    delete: remove("/tickets/:id"),
  },
  tasks: {
    template: get("/tasks/info", "list"),
    list: get("/tasks", "page", ["filter", ...paging]),
    get: get("/tasks/:id"),
    create: write("POST", "/tasks", taskBody, "record"),
    update: write("PUT", "/tasks/:id", taskBody, "record"),
    delete: remove("/tasks/:id"),
    listCategories: get("/tasks/category", "list"),
    createCategory: write(
      "POST",
      "/tasks/category",
      { id: "record", name: "text" },
      "record",
    ),
    deleteCategory: remove("/tasks/category/:id"),
  },
  notes: {
    list: get("/notes", "list", [
      "crm_lead_id",
      "crm_company_id",
      "crm_deal_id",
    ]),
    get: get("/notes/:id"),
    // The slash at the end is Qontak's.
    create: write("POST", "/notes/", noteBody, "record"),
    update: write("PUT", "/notes/:id", noteBody, "nothing"),
    delete: remove("/notes/:id"),
  },
  products: {
    list: get("/products", "page", ["query", ...paging]),
    get: get("/products/:id"),
    create: write("POST", "/products", productBody, "record"),
    update: write("PUT", "/products/:id", productBody, "nothing"),
    delete: remove("/products/:id"),
  },
  productsAssociation: {
    list: get("/products_association", "page", [
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
    list: get("/geolocations", "page", ["page"]),
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
