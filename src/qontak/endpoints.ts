/**
 * Qontak's CRM API v3.1 as one table: method, path, query and body keys of
 * every endpoint, as Qontak's own collection documents them. Nothing that is
 * not in this table can be sent.
 *
 * @module
 */

/**
 * What a body key holds, as Qontak's collection shows it. An option is chosen
 * from a list that the company keeps, a record is another record's id.
 */
export type BodyType =
  | "text"
  | "number"
  | "date"
  | "option"
  | "record"
  | "ids"
  | "texts"
  | "numbers"
  | "custom"
  | "permissions";

/** The keys of a body and what each holds. */
export type BodyKeys = Readonly<Record<string, BodyType>>;

/**
 * What `response` holds in a good answer: one record, a list with the page it
 * belongs to, a whole list, or nothing (only `meta`).
 */
export type AnswerKind = "record" | "page" | "list" | "nothing";

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

const dealBody = {
  name: "text",
  currency: "option",
  size: "number",
  closed_date: "date",
  creator_id: "option",
  creator_name: "text",
  crm_source_id: "option",
  crm_source_name: "text",
  crm_lost_reason_id: "option",
  crm_lost_reason_name: "text",
  crm_pipeline_id: "option",
  crm_pipeline_name: "text",
  crm_stage_id: "option",
  crm_stage_name: "text",
  start_date: "date",
  expired_date: "date",
  crm_priority_id: "option",
  crm_priority_name: "text",
  crm_company_id: "record",
  crm_company_name: "text",
  crm_lead_ids: "ids",
  crm_lead_name: "texts",
  product_association_ids: "ids",
  product_association_name: "texts",
  product_association_quantity: "numbers",
  product_association_price: "numbers",
  product_association_total_price: "numbers",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** Every endpoint, by resource and what it does. */
export const endpoints = {
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
    chatHistory: get("/deals/:id/chat-history"),
    realCreator: get("/deals/:id/real_creator"),
    fullField: get("/deals/:id/full-field"),
    create: write("POST", "/deals", dealBody, "record"),
    update: write("PUT", "/deals/:id", dealBody, "nothing"),
    updateOwner: write(
      "PUT",
      "/deals/:id/update_owner",
      { creator_id: "option" },
      "nothing",
    ),
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
