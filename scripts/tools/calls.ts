/**
 * One call of each tool in the sandbox, for the documents.
 *
 * @module
 */

/** The arguments of a call. */
export type Args = Readonly<Record<string, unknown>>;

/** A call whose answer is shown. */
export interface Shown {
  readonly args: Args;
}

/** A call that needs the answer of another one first. */
export interface After {
  /** The call before it. */
  readonly first: { readonly tool: string; readonly args: Args };
  /** The arguments, from that call's answer. */
  readonly then: (answer: Readonly<Record<string, unknown>>) => Args;
}

const CONTACT = 31842795;
const COMPANY = 9315951;
const DEAL = 48283761;
const TICKET = 1873395;
const TASK = 8160173;
const NOTE = 61200231;
const PRODUCT = 2770542;
const ASSOCIATION = 61200261;
const GEOLOCATION = 402774;

const shown = (args: Args = {}): Shown => ({ args });

/** The example of each tool, by its name. */
export const calls: Readonly<Record<string, Shown | After>> = {
  get_contact_template: shown({ fields: "telephone,crm_status_id" }),
  get_required_fields_for_contact: shown(),
  list_contacts: shown({ name: "lina", per_page: 2 }),
  get_contact: shown({ contact_id: CONTACT }),
  create_contact: shown({
    first_name: "Sari",
    last_name: "Dewi",
    telephone: "0215550100",
    crm_status_id: "Lead",
    creator_id: "me",
    additional_fields: [{ id: 7118402, value: "Pengambil Keputusan" }],
  }),
  update_contact: shown({ contact_id: CONTACT, job_title: "Kepala Sekolah" }),
  delete_contact: shown({ contact_id: CONTACT }),
  update_contact_owner: shown({
    contact_id: CONTACT,
    creator_id: "Bagas Pratama",
  }),
  get_contact_timeline: shown({ contact_id: CONTACT }),
  get_contact_chat_history: shown({ contact_id: 31842503 }),

  get_company_template: shown({ fields: "website,industry_id" }),
  get_required_fields_for_company: shown(),
  list_companies: shown({ name: "boga", per_page: 2 }),
  get_company: shown({ company_id: COMPANY }),
  create_company: shown({ name: "PT Cahaya Utama", creator_id: "me" }),
  update_company: shown({ company_id: COMPANY, number_of_employees: 40 }),
  delete_company: shown({ company_id: COMPANY }),
  get_company_timeline: shown({ company_id: COMPANY }),

  get_deal_template: shown({ fields: "size,crm_source_id" }),
  get_required_fields_for_deal: shown({
    pipeline_id: "Corporate Sales",
    stage_id: "Negotiation",
  }),
  list_deals: shown({ name: "toner", per_page: 2 }),
  get_deal: shown({ deal_id: DEAL }),
  get_deal_full_field: shown({ deal_id: DEAL, fields: "name,size" }),
  create_deal: shown({
    name: "Kursi kantor untuk PT Cahaya",
    crm_pipeline_id: "Corporate Sales",
    crm_stage_id: "New Inquiry",
  }),
  update_deal: shown({ deal_id: DEAL, size: 31_500_000 }),
  delete_deal: shown({ deal_id: DEAL }),
  update_deal_owner: shown({ deal_id: DEAL, creator_id: "Bagas Pratama" }),
  get_deal_timeline: shown({ deal_id: DEAL }),
  get_deal_stage_history: shown({ deal_id: DEAL }),
  get_deal_chat_history: shown({ deal_id: 48306580 }),
  get_deal_real_creator: shown({ deal_id: DEAL }),
  get_deal_permissions: shown({ deal_id: DEAL }),
  set_deal_permissions: shown({
    deal_id: DEAL,
    permissions: [{
      email: "bagas.pratama@example.co.id",
      access_types: ["view", "edit"],
    }],
  }),

  list_pipelines: shown(),
  get_pipeline: shown({ pipeline_id: 48213 }),
  list_pipeline_stages: shown({ pipeline_id: 48213 }),

  get_ticket_template: shown({ fields: "ticket_priority_id" }),
  get_required_fields_for_ticket: shown({
    pipeline_id: "Technical Support",
    stage_id: "Assigned",
  }),
  get_ticket_pipelines: shown(),
  list_tickets: shown({ ticket_stage_id: "Eskalasi", per_page: 2 }),
  get_ticket: shown({ ticket_id: TICKET }),
  create_ticket: shown({
    name: "Kursi rusak",
    ticket_pipeline_id: "Layanan Pelanggan",
    ticket_stage_id: "Baru",
  }),
  update_ticket: shown({ ticket_id: TICKET, ticket_priority_id: "High" }),
  delete_ticket: shown({ ticket_id: TICKET }),

  get_task_template: shown({ fields: "due_date" }),
  get_required_fields_for_task: shown(),
  list_tasks: shown({ crm_task_status_id: "In Progress", per_page: 2 }),
  get_task: shown({ task_id: TASK }),
  create_task: shown({
    name: "Telepon PT Cahaya",
    due_date: "18/12/2026 10:00",
    crm_task_status_id: "Not Started",
  }),
  update_task: shown({ task_id: TASK, crm_task_status_id: "Completed" }),
  delete_task: shown({ task_id: TASK }),
  list_task_categories: shown(),
  create_task_category: shown({ name: "Survei Gudang" }),
  delete_task_category: shown({ category_id: 44018 }),

  list_notes: shown({ crm_deal_id: 48307353 }),
  get_note: shown({ note_id: NOTE }),
  create_note: shown({ note: "Sudah dihubungi", crm_deal_id: DEAL }),
  update_note: shown({ note_id: NOTE, note: "Termin 45 hari disetujui" }),
  delete_note: shown({ note_id: NOTE }),

  list_products: shown({ query: "toner" }),
  get_product: shown({ product_id: PRODUCT }),
  create_product: shown({
    name: "Kursi Rapat",
    currency: "IDR",
    price: 1_250_000,
    quantity: 10,
  }),
  update_product: shown({ product_id: PRODUCT, price: 420_000 }),
  delete_product: shown({ product_id: PRODUCT }),
  list_products_associations: shown({ crm_deal_id: 48302612 }),
  get_products_association: shown({ association_id: ASSOCIATION }),
  create_products_association: shown({
    crm_product_id: PRODUCT,
    crm_deal_id: DEAL,
    name: "Dispenser Sabun Otomatis",
    price: 395_000,
    quantity: 2,
  }),
  update_products_association: shown({
    association_id: ASSOCIATION,
    quantity: 15,
  }),
  delete_products_association: shown({ association_id: ASSOCIATION }),

  list_geolocations: shown(),
  get_geolocation: shown({ geolocation_id: GEOLOCATION }),
  create_geolocation: shown({
    latitude: -6.2,
    longitude: 106.8,
    device_id: "android-512301",
    is_online: true,
  }),
  update_geolocation: shown({
    geolocation_id: GEOLOCATION,
    battery_percentage: 80,
  }),

  query_records: shown({
    resource: "deals",
    where: [{ field: "state", value: "open" }],
    group_by: "stage",
    measures: "count,sum:size",
  }),
  find_duplicates: {
    first: {
      tool: "create_company",
      args: {
        name: "Cipta Boga Rasa, CV",
        creator_id: "me",
        allow_duplicate: true,
      },
    },
    then: () => ({ resource: "companies" }),
  },
  search: shown({ query: "toner" }),
  fetch: shown({ id: `deals/${DEAL}` }),
  get_account_overview: shown({ company: "PT Wahana Energi Timur" }),

  undo_change: {
    first: { tool: "update_deal", args: { deal_id: DEAL, size: 31_500_000 } },
    then: ({ undo }) => ({ ids: undo }),
  },
  change_records: shown({
    resource: "deals",
    action: "update",
    where: [{ field: "stage", value: "Negotiation" }],
    change: '{"crm_priority_id":"High"}',
  }),
};
