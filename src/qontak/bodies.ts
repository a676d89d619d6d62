/**
 * The keys of every request body that Qontak's collection documents, and the
 * type of each. Qontak silently drops any other key.
 *
 * @module
 */

/**
 * What a body key holds, as Qontak's collection shows it.
 *
 * A `line` is a short label, such as a name or an address. A `text` is free
 * text of any length, such as a note; a server in strict mode withholds it. An
 * `option` is chosen from a list that the company defines. A `record` is
 * another record's id. An `amount` is money that Qontak stores as text.
 */
export type BodyType =
  | "line"
  | "lines"
  | "text"
  | "number"
  | "numbers"
  | "amount"
  | "degrees"
  | "date"
  | "flag"
  | "option"
  | "options"
  | "record"
  | "ids"
  | "checkin"
  | "custom"
  | "permissions";

/** The keys of a body and the type of each. */
export type BodyKeys = Readonly<Record<string, BodyType>>;

/**
 * The string keys of an answer that no body has, and the type of each: a short
 * label, or free text that a server in strict mode withholds.
 */
export type TextKeys = Readonly<Record<string, "line" | "text">>;

/** A contact. */
export const contactBody = {
  first_name: "line",
  last_name: "line",
  job_title: "line",
  creator_id: "option",
  creator_name: "line",
  email: "line",
  telephone: "line",
  crm_status_id: "option",
  crm_status_name: "line",
  address: "line",
  country: "line",
  province: "line",
  city: "line",
  zipcode: "line",
  date_of_birth: "date",
  crm_source_id: "option",
  crm_source_name: "line",
  crm_gender_id: "option",
  crm_gender_name: "line",
  income: "amount",
  upload_id: "record",
  customer_id: "line",
  crm_company_id: "record",
  crm_company_name: "line",
  crm_deal_ids: "ids",
  crm_deal_name: "lines",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** A company. */
export const companyBody = {
  name: "line",
  website: "line",
  creator_id: "option",
  creator_name: "line",
  telephone: "line",
  address: "line",
  country: "line",
  province: "line",
  city: "line",
  zipcode: "line",
  industry_id: "option",
  industry_name: "line",
  crm_type_id: "option",
  crm_type_name: "line",
  number_of_employees: "number",
  crm_source_id: "option",
  crm_source_name: "line",
  annual_revenue: "number",
  business_reg_number: "line",
  crm_deal_ids: "ids",
  crm_deal_name: "lines",
  crm_person_ids: "ids",
  crm_person_name: "lines",
  ancestry: "record",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** A deal. */
export const dealBody = {
  name: "line",
  currency: "option",
  size: "number",
  closed_date: "date",
  creator_id: "option",
  creator_name: "line",
  crm_source_id: "option",
  crm_source_name: "line",
  crm_lost_reason_id: "option",
  crm_lost_reason_name: "line",
  crm_pipeline_id: "option",
  crm_pipeline_name: "line",
  crm_stage_id: "option",
  crm_stage_name: "line",
  start_date: "date",
  expired_date: "date",
  crm_priority_id: "option",
  crm_priority_name: "line",
  crm_company_id: "record",
  crm_company_name: "line",
  crm_lead_ids: "ids",
  crm_lead_name: "lines",
  product_association_ids: "ids",
  product_association_name: "lines",
  product_association_quantity: "numbers",
  product_association_price: "numbers",
  product_association_total_price: "numbers",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/**
 * A ticket. In Qontak's samples, only a create has the category and only an
 * update has the pipeline. Here both requests accept both keys, and reading the
 * record back shows which ones Qontak stored.
 */
export const ticketBody = {
  name: "line",
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

/** A task. `end_due_date` appears only in the template. */
export const taskBody = {
  name: "line",
  crm_person_id: "record",
  crm_person_full_name: "line",
  crm_deal_id: "record",
  crm_deal_name: "line",
  crm_company_id: "record",
  crm_company_name: "line",
  crm_task_status_id: "option",
  user_id: "option",
  user_full_name: "line",
  crm_task_priority_id: "option",
  crm_task_category_id: "option",
  crm_task_category_name: "line",
  crm_team_ids: "options",
  crm_team_name: "lines",
  due_date: "date",
  end_due_date: "date",
  reminder_date: "date",
  detail: "text",
  next_step: "text",
  crm_checkin_attributes: "checkin",
  attachment: "line",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** A note. */
export const noteBody = {
  note: "text",
  creator_id: "record",
  last_modifier_id: "record",
  team_id: "record",
  organization_id: "record",
  type: "line",
  crm_person_id: "record",
  crm_person_full_name: "line",
  crm_deal_id: "record",
  crm_deal_name: "line",
  crm_company_id: "record",
  crm_company_name: "line",
} as const satisfies BodyKeys;

/** A product. */
export const productBody = {
  name: "line",
  currency: "line",
  price: "number",
  quantity: "number",
  discount: "number",
  total_price: "number",
  crm_tag_ids: "ids",
  description: "text",
  product_image: "line",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** A product line of a deal. */
export const associationBody = {
  ...productBody,
  crm_product_id: "record",
  crm_deal_id: "record",
  unit_quantity: "line",
  manufacturer: "line",
} as const satisfies BodyKeys;

/** A check-in. */
export const geolocationBody = {
  latitude: "degrees",
  longitude: "degrees",
  device_id: "line",
  checkin_timestamps: "number",
  orientation: "line",
  is_online: "flag",
  input_type: "number",
  local_id: "number",
  journey_id: "line",
  battery_percentage: "number",
} as const satisfies BodyKeys;

/** A new owner. */
export const ownerBody = { creator_id: "option" } as const satisfies BodyKeys;
