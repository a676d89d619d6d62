/**
 * The keys of every body that Qontak's collection documents, and what each
 * holds. Qontak drops any other key without a word.
 *
 * @module
 */

/**
 * What a body key holds, as Qontak's collection shows it. An option is chosen
 * from a list that the company keeps, a record is another record's id, and an
 * amount is money that is kept as text.
 */
export type BodyType =
  | "text"
  | "number"
  | "amount"
  | "degrees"
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

/** A contact. */
export const contactBody = {
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
  income: "amount",
  upload_id: "record",
  customer_id: "text",
  crm_company_id: "record",
  crm_company_name: "text",
  crm_deal_ids: "ids",
  crm_deal_name: "texts",
  additional_fields: "custom",
} as const satisfies BodyKeys;

/** A company. */
export const companyBody = {
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

/** A deal. */
export const dealBody = {
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

/**
 * A ticket. The category stands only in Qontak's sample of a create and the
 * pipeline only in that of an update; both take both here, and the read-back
 * tells.
 */
export const ticketBody = {
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

/** A task. `end_due_date` stands in the template only. */
export const taskBody = {
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

/** A note. */
export const noteBody = {
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

/** A product. */
export const productBody = {
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

/** A product line of a deal. */
export const associationBody = {
  ...productBody,
  crm_product_id: "record",
  crm_deal_id: "record",
  unit_quantity: "number",
  manufacturer: "text",
} as const satisfies BodyKeys;

/** A check-in. */
export const geolocationBody = {
  latitude: "degrees",
  longitude: "degrees",
  device_id: "text",
  checkin_timestamps: "number",
  orientation: "text",
  is_online: "flag",
  input_type: "number",
  local_id: "number",
  journey_id: "text",
  battery_percentage: "number",
} as const satisfies BodyKeys;

/** A new owner. */
export const ownerBody = { creator_id: "option" } as const satisfies BodyKeys;
