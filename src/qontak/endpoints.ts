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
  | "flag"
  | "option"
  | "options"
  | "record"
  | "ids"
  | "texts"
  | "numbers"
  | "checkin"
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

const contactBody = {
  first_name: "text",
  last_name: "text",
  job_title: "text",
  creator_id: "option",
  creator_name: "text",
  email: "text",
  telephone: "text",
  crm_status_id: "option",
  crm_status_name: "text",
  address: "text",
  country: "text",
  province: "text",
  city: "text",
  zipcode: "text",
  date_of_birth: "date",
  crm_source_id: "option",
  crm_source_name: "text",
  crm_gender_id: "option",
  crm_gender_name: "text",
  income: "text",
  upload_id: "record",
  customer_id: "text",
  crm_company_id: "record",
  crm_company_name: "text",
  crm_deal_ids: "ids",
  crm_deal_name: "texts",
  additional_fields: "custom",
} as const satisfies BodyKeys;

const companyBody = {
  name: "text",
  website: "text",
  creator_id: "option",
  creator_name: "text",
  telephone: "text",
  address: "text",
  country: "text",
  province: "text",
  city: "text",
  zipcode: "text",
  industry_id: "option",
  industry_name: "text",
  crm_type_id: "option",
  crm_type_name: "text",
  number_of_employees: "number",
  crm_source_id: "option",
  crm_source_name: "text",
  annual_revenue: "number",
  business_reg_number: "text",
  crm_deal_ids: "ids",
  crm_deal_name: "texts",
  crm_person_ids: "ids",
  crm_person_name: "texts",
  ancestry: "record",
  additional_fields: "custom",
} as const satisfies BodyKeys;

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

// The category stands only in Qontak's sample of a create and the pipeline only
// in that of an update; both take both here, and the read-back tells.
const ticketBody = {
  name: "text",
  user_id: "option",
  ticket_stage_id: "option",
  ticket_pipeline_id: "option",
  ticket_priority_id: "option",
  ticket_category_id: "option",
  description: "text",
  due_date: "date",
  crm_company_id: "record",
  crm_lead_ids: "ids",
  crm_product_ids: "ids",
  crm_task_ids: "ids",
  additional_fields: "custom",
} as const satisfies BodyKeys;

// end_due_date stands in the template only.
const taskBody = {
  name: "text",
  crm_person_id: "record",
  crm_person_full_name: "text",
  crm_deal_id: "record",
  crm_deal_name: "text",
  crm_company_id: "record",
  crm_company_name: "text",
  crm_task_status_id: "option",
  user_id: "option",
  user_full_name: "text",
  crm_task_priority_id: "option",
  crm_task_category_id: "option",
  crm_task_category_name: "text",
  crm_team_ids: "options",
  crm_team_name: "texts",
  due_date: "date",
  end_due_date: "date",
  reminder_date: "date",
  detail: "text",
  next_step: "text",
  crm_checkin_attributes: "checkin",
  attachment: "text",
  additional_fields: "custom",
} as const satisfies BodyKeys;

const noteBody = {
  note: "text",
  creator_id: "record",
  last_modifier_id: "record",
  team_id: "record",
  organization_id: "record",
  type: "text",
  crm_person_id: "record",
  crm_person_full_name: "text",
  crm_deal_id: "record",
  crm_deal_name: "text",
  crm_company_id: "record",
  crm_company_name: "text",
} as const satisfies BodyKeys;

const productBody = {
  name: "text",
  currency: "text",
  price: "number",
  quantity: "number",
  discount: "number",
  total_price: "number",
  crm_tag_ids: "ids",
  description: "text",
  product_image: "text",
  additional_fields: "custom",
} as const satisfies BodyKeys;

const associationBody = {
  ...productBody,
  crm_product_id: "record",
  crm_deal_id: "record",
  unit_quantity: "number",
  manufacturer: "text",
} as const satisfies BodyKeys;

const geolocationBody = {
  latitude: "number",
  longitude: "number",
  device_id: "text",
  checkin_timestamps: "number",
  orientation: "text",
  is_online: "flag",
  input_type: "number",
  local_id: "number",
  journey_id: "text",
  battery_percentage: "number",
} as const satisfies BodyKeys;

const owner = { creator_id: "option" } as const satisfies BodyKeys;

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
    chatHistory: get("/contacts/:id/chat-history"),
    create: write("POST", "/contacts", contactBody, "record"),
    update: write("PUT", "/contacts/:id", contactBody, "nothing"),
    updateOwner: write("PUT", "/contacts/:id/update_owner", owner, "nothing"),
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
    chatHistory: get("/deals/:id/chat-history"),
    realCreator: get("/deals/:id/real_creator"),
    fullField: get("/deals/:id/full-field"),
    create: write("POST", "/deals", dealBody, "record"),
    update: write("PUT", "/deals/:id", dealBody, "nothing"),
    updateOwner: write("PUT", "/deals/:id/update_owner", owner, "nothing"),
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
