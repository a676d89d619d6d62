import { assertEquals } from "@std/assert";
import { type Endpoint, endpoints } from "../../src/qontak/endpoints.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { createWorld } from "../support/world.ts";

/** One endpoint as Qontak documents it, and the call that reaches it. */
interface Row {
  readonly tool: string;
  readonly args?: Record<string, unknown>;
  /** Method and path below /api/v3.1. */
  readonly request: string;
  /** The query; by default none. */
  readonly query?: Record<string, string>;
  /** The body; by default none. */
  readonly body?: Record<string, unknown>;
}

// What Qontak's collection documents for each body, with values in the form in
// which they are sent. It is repeated here, so that a key that is lost from the
// table of endpoints is noticed.
const additional_fields = [{ id: 1, name: "x", value: "y", value_name: "z" }];
const contact = {
  first_name: "Sari",
  last_name: "Dewi",
  job_title: "Manajer",
  creator_id: 2,
  creator_name: "Ratna",
  email: "sari@example.co.id",
  telephone: "0215550100",
  crm_status_id: 3,
  crm_status_name: "Baru",
  address: "Jl. Melati 1",
  country: "Indonesia",
  province: "DKI Jakarta",
  city: "Jakarta",
  zipcode: "10110",
  date_of_birth: "17/08/1990",
  crm_source_id: 4,
  crm_source_name: "Web",
  crm_gender_id: 1,
  crm_gender_name: "Female",
  income: "1000",
  upload_id: 5,
  customer_id: "C-1",
  crm_company_id: 6,
  crm_company_name: "PT Contoh",
  crm_deal_ids: [7],
  crm_deal_name: ["Meja"],
  additional_fields,
};
const company = {
  name: "PT Contoh",
  website: "contoh.co.id",
  creator_id: 2,
  creator_name: "Ratna",
  telephone: "0215550100",
  address: "Jl. Melati 1",
  country: "Indonesia",
  province: "DKI Jakarta",
  city: "Jakarta",
  zipcode: "10110",
  industry_id: 3,
  industry_name: "Ritel",
  crm_type_id: 4,
  crm_type_name: "Pelanggan",
  number_of_employees: 25,
  crm_source_id: 5,
  crm_source_name: "Web",
  annual_revenue: 1000,
  business_reg_number: "123",
  crm_deal_ids: [6],
  crm_deal_name: ["Meja"],
  crm_person_ids: [7],
  crm_person_name: ["Sari"],
  ancestry: 8,
  additional_fields,
};
const deal = {
  name: "Meja rapat",
  currency: "IDR",
  size: 5_000_000,
  closed_date: "2026-12-18T00:00:00.000+07:00",
  creator_id: 1,
  creator_name: "Ratna",
  crm_source_id: 2,
  crm_source_name: "Web",
  crm_lost_reason_id: 3,
  crm_lost_reason_name: "Harga",
  crm_pipeline_id: 4,
  crm_pipeline_name: "Sales",
  crm_stage_id: 5,
  crm_stage_name: "New",
  start_date: "2026-11-01T00:00:00.000+07:00",
  expired_date: "2026-12-31T00:00:00.000+07:00",
  crm_priority_id: 3,
  crm_priority_name: "High",
  crm_company_id: 7,
  crm_company_name: "PT Contoh",
  crm_lead_ids: [1, 2],
  crm_lead_name: ["Budi", "Sari"],
  product_association_ids: [3],
  product_association_name: ["Kursi"],
  product_association_quantity: [2],
  product_association_price: [1500],
  product_association_total_price: [3000],
  additional_fields,
};
const ticket = {
  name: "Kursi rusak",
  user_id: 1,
  ticket_stage_id: 2,
  ticket_pipeline_id: 3,
  ticket_priority_id: 4,
  ticket_category_id: 5,
  description: "Kaki patah",
  due_date: "18/12/2026",
  crm_company_id: 6,
  crm_lead_ids: [7],
  crm_product_ids: [8],
  crm_task_ids: [9],
  additional_fields,
};
const task = {
  name: "Telepon",
  crm_person_id: 1,
  crm_person_full_name: "Sari Dewi",
  crm_deal_id: 2,
  crm_deal_name: "Meja",
  crm_company_id: 3,
  crm_company_name: "PT Contoh",
  crm_task_status_id: 1,
  user_id: 4,
  user_full_name: "Ratna",
  crm_task_priority_id: 3,
  crm_task_category_id: 5,
  crm_task_category_name: "Telepon",
  crm_team_ids: [6],
  crm_team_name: ["Tim"],
  due_date: "2026-12-18T10:00:00.000+07:00",
  end_due_date: "2026-12-18T11:00:00.000+07:00",
  reminder_date: "2026-12-18T09:00:00.000+07:00",
  detail: "Harga",
  next_step: "Kirim penawaran",
  crm_checkin_attributes: { latitude: -6.2, longitude: 106.8 },
  attachment: "https://example.co.id/a.pdf",
  additional_fields,
};
const note = {
  note: "Sudah dihubungi",
  creator_id: 1,
  last_modifier_id: 2,
  team_id: 3,
  organization_id: 4,
  type: "Crm::DealNote",
  crm_person_id: 5,
  crm_person_full_name: "Sari Dewi",
  crm_deal_id: 6,
  crm_deal_name: "Meja",
  crm_company_id: 7,
  crm_company_name: "PT Contoh",
};
const product = {
  name: "Kursi",
  currency: "IDR",
  price: 1500,
  quantity: 2,
  discount: 6,
  total_price: 2820,
  crm_tag_ids: [1],
  description: "Hitam",
  product_image: "https://example.co.id/a.png",
  additional_fields,
};
const association = {
  ...product,
  crm_product_id: 1,
  crm_deal_id: 2,
  unit_quantity: "pcs",
  manufacturer: "PT Kursi",
};
const geolocation = {
  latitude: -6.2,
  longitude: 106.8,
  device_id: "00000000-89AB",
  checkin_timestamps: 1763870400,
  orientation: "1",
  is_online: true,
  input_type: 2,
  local_id: 11,
  journey_id: "2222 1735",
  battery_percentage: 20.1,
};

/** An id that does not exist in the sandbox; the rows are about requests. */
const ID = 4242;

/**
 * Sent unchecked, as the ids in the bodies are invented: the template of these
 * rows cannot be fetched.
 */
const unchecked = { skip_validation: true };

function assignee({ user_id, ...body }: Record<string, unknown>) {
  return { ...body, assignee_id: user_id };
}

const page = { page: "1", per_page: "25" };
const turned = { page: 2, per_page: 10 };
const turnedQuery = { page: "2", per_page: "10" };

function rowsOf(
  path: string,
  name: string,
  id: string,
  plural: string,
): Record<string, Row> {
  return {
    template: { tool: `get_${name}_template`, request: `GET ${path}/info` },
    get: {
      tool: `get_${name}`,
      args: { [id]: ID },
      request: `GET ${path}/${ID}`,
    },
    list: { tool: `list_${plural}`, request: `GET ${path}`, query: page },
    delete: {
      tool: `delete_${name}`,
      args: { [id]: ID },
      request: `DELETE ${path}/${ID}`,
    },
    timeline: {
      tool: `get_${name}_timeline`,
      args: { [id]: ID },
      request: `GET ${path}/${ID}/timeline`,
    },
    chatHistory: {
      tool: `get_${name}_chat_history`,
      args: { [id]: ID },
      request: `GET ${path}/${ID}/chat-history`,
    },
  };
}

const table: Record<string, Record<string, Row>> = {
  contacts: {
    ...rowsOf("/contacts", "contact", "contact_id", "contacts"),
    list: {
      tool: "list_contacts",
      args: {
        name: "a b&c",
        job_title: "Manajer",
        phone: "021",
        email: "a@example.co.id",
        crm_company_id: 4,
        crm_deal_id: 5,
        crm_status_id: "Lead",
        created_after: "2026-11-30",
        ...turned,
      },
      request: "GET /contacts",
      query: {
        name: "a b&c",
        job_title: "Manajer",
        phone: "021",
        email: "a@example.co.id",
        crm_company_id: "4",
        crm_deal_id: "5",
        crm_status_id: "58311",
        created_after: "30-11-2026",
        ...turnedQuery,
      },
    },
    create: {
      tool: "create_contact",
      args: { ...contact, ...unchecked },
      request: "POST /contacts",
      body: contact,
    },
    update: {
      tool: "update_contact",
      args: { contact_id: ID, ...contact, ...unchecked },
      request: `PUT /contacts/${ID}`,
      body: contact,
    },
    updateOwner: {
      tool: "update_contact_owner",
      args: { contact_id: ID, creator_id: "Bagas Pratama" },
      request: `PUT /contacts/${ID}/update_owner`,
      body: { creator_id: 512304 },
    },
  },
  companies: {
    ...rowsOf("/companies", "company", "company_id", "companies"),
    list: {
      tool: "list_companies",
      args: {
        contact_ids: 1,
        deal_ids: 2,
        name: "PT",
        website: "a.id",
        ...turned,
      },
      request: "GET /companies",
      query: {
        contact_ids: "1",
        deal_ids: "2",
        name: "PT",
        website: "a.id",
        ...turnedQuery,
      },
    },
    create: {
      tool: "create_company",
      args: { ...company, ...unchecked },
      request: "POST /companies",
      body: company,
    },
    update: {
      tool: "update_company",
      args: { company_id: ID, ...company, ...unchecked },
      request: `PUT /companies/${ID}`,
      body: company,
    },
  },
  deals: {
    ...rowsOf("/deals", "deal", "deal_id", "deals"),
    list: {
      tool: "list_deals",
      args: {
        name: "a",
        contact_ids: 4,
        company_ids: 5,
        product_ids: 6,
        ...turned,
      },
      request: "GET /deals",
      query: {
        name: "a",
        contact_ids: "4",
        company_ids: "5",
        product_ids: "6",
        ...turnedQuery,
      },
    },
    stageHistory: {
      tool: "get_deal_stage_history",
      args: { deal_id: ID },
      request: `GET /deals/${ID}/stage_history`,
    },
    realCreator: {
      tool: "get_deal_real_creator",
      args: { deal_id: ID },
      request: `GET /deals/${ID}/real_creator`,
    },
    fullField: {
      tool: "get_deal_full_field",
      args: { deal_id: ID },
      request: `GET /deals/${ID}/full-field`,
    },
    create: {
      tool: "create_deal",
      args: { ...deal, ...unchecked },
      request: "POST /deals",
      body: deal,
    },
    update: {
      tool: "update_deal",
      args: { deal_id: ID, ...deal, ...unchecked },
      request: `PUT /deals/${ID}`,
      body: deal,
    },
    updateOwner: {
      tool: "update_deal_owner",
      args: { deal_id: ID, creator_id: 512304 },
      request: `PUT /deals/${ID}/update_owner`,
      body: { creator_id: 512304 },
    },
    setPermissions: {
      tool: "set_deal_permissions",
      args: {
        deal_id: ID,
        permissions: [{ email: "a@b.id", access_types: ["view", "edit"] }],
      },
      request: "POST /deals/deal_permission",
      body: {
        id: ID,
        permissions: [{ email: "a@b.id", access_types: ["view", "edit"] }],
      },
    },
  },
  pipelines: {
    list: { tool: "list_pipelines", request: "GET /pipelines" },
    get: {
      tool: "get_pipeline",
      args: { pipeline_id: ID },
      request: `GET /pipelines/${ID}`,
    },
    stages: {
      tool: "list_pipeline_stages",
      args: { pipeline_id: ID },
      request: `GET /pipelines/${ID}/stages`,
    },
  },
  tickets: {
    ...rowsOf("/tickets", "ticket", "ticket_id", "tickets"),
    pipelines: {
      tool: "get_ticket_pipelines",
      request: "GET /tickets/ticket_pipelines",
    },
    create: {
      tool: "create_ticket",
      args: { ...assignee(ticket), ...unchecked },
      request: "POST /tickets",
      body: ticket,
    },
    update: {
      tool: "update_ticket",
      args: { ticket_id: ID, ...assignee(ticket), ...unchecked },
      request: `PUT /tickets/${ID}`,
      body: ticket,
    },
  },
  tasks: {
    ...rowsOf("/tasks", "task", "task_id", "tasks"),
    list: {
      tool: "list_tasks",
      args: { filter: "alltask", ...turned },
      request: "GET /tasks",
      query: { filter: "alltask", ...turnedQuery },
    },
    create: {
      tool: "create_task",
      args: { ...assignee(task), ...unchecked },
      request: "POST /tasks",
      body: task,
    },
    update: {
      tool: "update_task",
      args: { task_id: ID, ...assignee(task), ...unchecked },
      request: `PUT /tasks/${ID}`,
      body: task,
    },
    listCategories: {
      tool: "list_task_categories",
      request: "GET /tasks/category",
    },
    createCategory: {
      tool: "create_task_category",
      args: { id: 99, name: "Survei" },
      request: "POST /tasks/category",
      body: { id: 99, name: "Survei" },
    },
    deleteCategory: {
      tool: "delete_task_category",
      args: { category_id: ID },
      request: `DELETE /tasks/category/${ID}`,
    },
  },
  notes: {
    ...rowsOf("/notes", "note", "note_id", "notes"),
    list: {
      tool: "list_notes",
      args: { crm_deal_id: 7 },
      request: "GET /notes",
      query: { crm_deal_id: "7" },
    },
    create: {
      tool: "create_note",
      args: note,
      request: "POST /notes/",
      body: note,
    },
    update: {
      tool: "update_note",
      args: { note_id: ID, ...note },
      request: `PUT /notes/${ID}`,
      body: note,
    },
  },
  products: {
    ...rowsOf("/products", "product", "product_id", "products"),
    list: {
      tool: "list_products",
      args: { query: "kursi", ...turned },
      request: "GET /products",
      query: { query: "kursi", ...turnedQuery },
    },
    create: {
      tool: "create_product",
      args: product,
      request: "POST /products",
      body: product,
    },
    update: {
      tool: "update_product",
      args: { product_id: ID, ...product },
      request: `PUT /products/${ID}`,
      body: product,
    },
  },
  productsAssociation: {
    ...rowsOf(
      "/products_association",
      "products_association",
      "association_id",
      "products_associations",
    ),
    list: {
      tool: "list_products_associations",
      args: { crm_deal_id: 3, query: "kursi", ...turned },
      request: "GET /products_association",
      query: { crm_deal_id: "3", query: "kursi", ...turnedQuery },
    },
    create: {
      tool: "create_products_association",
      args: association,
      request: "POST /products_association",
      body: association,
    },
    update: {
      tool: "update_products_association",
      args: { association_id: ID, ...association },
      request: `PUT /products_association/${ID}`,
      body: association,
    },
  },
  geolocations: {
    ...rowsOf(
      "/geolocations",
      "geolocation",
      "geolocation_id",
      "geolocations",
    ),
    list: {
      tool: "list_geolocations",
      request: "GET /geolocations",
      query: { page: "1" },
    },
    create: {
      tool: "create_geolocation",
      args: geolocation,
      request: "POST /geolocations",
      body: geolocation,
    },
    update: {
      tool: "update_geolocation",
      args: { geolocation_id: ID, ...geolocation },
      request: `PUT /geolocations/${ID}`,
      body: geolocation,
    },
  },
};

/**
 * Tools in addition to the first of each endpoint, with one request of each.
 */
const further: readonly Row[] = [
  { tool: "get_required_fields_for_contact", request: "GET /contacts/info" },
  { tool: "get_required_fields_for_company", request: "GET /companies/info" },
  {
    tool: "get_required_fields_for_deal",
    args: { pipeline_id: "Corporate Sales", stage_id: "Negotiation" },
    request: "GET /deals/info",
  },
  { tool: "get_required_fields_for_ticket", request: "GET /tickets/info" },
  { tool: "get_required_fields_for_task", request: "GET /tasks/info" },
  {
    tool: "get_deal_permissions",
    args: { deal_id: ID },
    request: `GET /deals/${ID}`,
  },
  {
    tool: "query_records",
    args: { resource: "deals", measures: "count" },
    request: "GET /deals",
    query: { page: "1", per_page: "100" },
  },
  {
    tool: "search",
    args: { query: "kertas" },
    request: "GET /products",
    query: { page: "1", per_page: "100" },
  },
  {
    tool: "get_account_overview",
    args: { company: ID },
    request: "GET /companies",
    query: { page: "1", per_page: "100" },
  },
  {
    tool: "find_duplicates",
    args: { resource: "companies" },
    request: "GET /companies",
    query: { page: "1", per_page: "100" },
  },
  {
    tool: "fetch",
    args: { id: `deals/${ID}` },
    request: `GET /deals/${ID}`,
  },
];

/** The rows of existing endpoints: rowsOf also makes others. */
const rows = Object.entries(
  endpoints as Record<string, Record<string, Endpoint>>,
).flatMap(([resource, all]) =>
  Object.entries(all).map(([name, endpoint]) => ({
    row: table[resource]?.[name],
    endpoint,
    name: `${resource}.${name}`,
  }))
);

Deno.test("all 67 endpoints of the collection have a row", () => {
  assertEquals(rows.filter(({ row }) => !row).map(({ name }) => name), []);
  assertEquals(rows.length, 67);
});

/** Tools that send what earlier calls decided, or many changes; their own tests try them. */
const afterwards = ["undo_change", "change_records"];

Deno.test("every tool has a row, here or in further", () => {
  const tested = [...rows.map(({ row }) => row!), ...further];
  assertEquals(
    [...tested.map(({ tool }) => tool), ...afterwards].sort(),
    catalog.map(({ name }) => name).sort(),
  );
});

/**
 * Query parameters that are repeated here, so that one that is lost from the
 * table of endpoints is noticed.
 */
const documented: Record<string, readonly string[]> = {
  "notes.list": ["crm_lead_id", "crm_company_id", "crm_deal_id"],
};

for (const { row, endpoint, name } of rows) {
  if (!row) continue;
  Deno.test(titleOf(row), async () => {
    assertEquals(
      endpoint.query.toSorted(),
      (documented[name] ?? Object.keys(row.query ?? {})).toSorted(),
    );
    assertEquals(
      Object.keys(endpoint.body).toSorted(),
      Object.keys(row.body ?? {}).toSorted(),
    );
    await assertReaches(row);
  });
}

for (const row of further) {
  Deno.test(titleOf(row), () => assertReaches(row));
}

function titleOf({ tool, request }: Row): string {
  return `${tool} reaches ${request.replace(String(ID), ":id")}`;
}

/** Calls the tool, and finds the request of the row in the sandbox. */
async function assertReaches(row: Row): Promise<void> {
  await using world = await createWorld();
  // A change reads the record first, so it has to exist.
  const [method, path] = row.request.split(" ") as [string, string];
  if (row.args?.skip_validation) {
    world.sandbox.inject({
      fault: { kind: "status", status: 400 },
      path: `/api/v3.1/${path.split("/")[1]}/info`,
      times: 100,
    });
  }
  const [, kind] = /^(?:update|delete|set)_(.+?)(?:_owner|_permissions)?$/
    .exec(row.tool) ?? [];
  const needsRecord = kind !== undefined && kind !== "task_category";
  const found = needsRecord ? await aRecord(world, kind) : ID;
  const [idName = ""] = Object.keys(row.args ?? {});
  await world.call(
    row.tool,
    needsRecord ? { ...row.args, [idName]: found } : row.args,
  );
  const id = String(found);
  const body = needsRecord && row.body?.id === ID
    ? { ...row.body, id: found }
    : row.body;
  const request = world.sandbox.requests.find((request) =>
    request.method === method &&
    request.path === `/api/v3.1${path.replace(String(ID), id)}`
  );
  assertEquals(request !== undefined, true, `${row.request} was not sent`);
  assertEquals(request!.query, row.query ?? {});
  assertEquals(request!.body ?? undefined, body);
}

/** The id of a record that exists. */
async function aRecord(
  world: Awaited<ReturnType<typeof createWorld>>,
  resource: string,
): Promise<number> {
  const plural = resource === "company" ? "companies" : `${resource}s`;
  const query = resource === "note"
    ? { crm_deal_id: (await world.ok("list_deals")).records[0].id }
    : {};
  let { records } = await world.ok(`list_${plural}`, query);
  if (resource === "note" && records.length === 0) {
    const { records: deals } = await world.ok("list_deals", { per_page: 60 });
    for (const { id } of deals) {
      ({ records } = await world.ok("list_notes", { crm_deal_id: id }));
      if (records.length > 0) break;
    }
  }
  return Number(records[0].id);
}
