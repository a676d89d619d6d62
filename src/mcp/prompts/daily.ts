/**
 * Prompts for the daily work of a person in sales.
 *
 * @module
 */
import { call, type Prompt, say } from "./prompt.ts";

/** What is open and belongs to a person; tickets and tasks name an assignee. */
const ASSIGNED = [
  { field: "assignee_id", value: "{owner}" },
  { field: "state", value: "open" },
];
const OWNED = [
  { field: "creator_id", value: "{owner}" },
  { field: "state", value: "open" },
];

/** What is due, and what needs attention today. */
export const morningBrief: Prompt = {
  title: "Morning brief · Ringkasan pagi",
  description: "Tasks, tickets and deals that need attention today.",
  arguments: {
    owner: {
      kind: "owner",
      description: "Whose day; you by default",
      otherwise: "me",
    },
  },
  goal: {
    en: "Prepare the morning brief for {owner} from Qontak.",
    id: "Siapkan ringkasan pagi untuk {owner} dari Qontak.",
  },
  steps: [
    call(
      "query_records",
      {
        resource: "tasks",
        where: [...ASSIGNED, { field: "due_date", op: "lte", value: "today" }],
        sort: "due_date",
        limit: 20,
      },
      "Find the open tasks that are due today or overdue",
      "Cari tugas terbuka yang jatuh tempo hari ini atau sudah lewat",
    ),
    call(
      "query_records",
      { resource: "tickets", where: ASSIGNED, sort: "due_date", limit: 20 },
      "Find the open tickets, the most urgent first",
      "Cari tiket yang masih terbuka, yang paling mendesak lebih dulu",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [...OWNED, { field: "closed_date", op: "lte", value: "+7d" }],
        sort: "closed_date",
        limit: 20,
      },
      "Find the open deals that should close within 7 days, or should have",
      "Cari deal terbuka yang seharusnya ditutup dalam 7 hari, atau sudah lewat",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...OWNED,
          { field: "days_since_update", op: "gte", value: "14" },
        ],
        sort: "-size",
        limit: 10,
      },
      "Find the largest open deals that nobody has touched for 14 days",
      "Cari deal terbuka terbesar yang tidak disentuh selama 14 hari",
    ),
    say(
      "Write the brief: first the three things to do today and why, then the rest by kind, each with its id. If a call fails, say which part is missing",
      "Tulis ringkasannya: lebih dulu tiga hal yang harus dikerjakan hari ini beserta alasannya, lalu sisanya menurut jenis, masing-masing dengan id-nya. Jika sebuah panggilan gagal, sebutkan bagian mana yang tidak ada",
    ),
  ],
};

/** What to know before a call. */
export const prepareCall: Prompt = {
  title: "Prepare a call · Persiapan telepon",
  description: "Everything to know before a call with a company or contact.",
  arguments: {
    account: {
      kind: "account",
      description: "Company or contact, by name or id",
      required: true,
    },
  },
  goal: {
    en: "Prepare me for a call with {account}.",
    id: "Siapkan saya untuk menelepon {account}.",
  },
  steps: [
    call(
      "get_account_overview",
      { company: "{account}" },
      "Get the overview of the company",
      "Ambil ringkasan perusahaan itu",
    ),
    call(
      "get_account_overview",
      { contact: "{account}" },
      "Only if there is no such company: get the overview of the contact",
      "Hanya jika tidak ada perusahaan itu: ambil ringkasan kontaknya",
    ),
    call(
      "search",
      { query: "{account}" },
      "Only if there is neither: look for similar names, and ask me which one I mean",
      "Hanya jika keduanya tidak ada: cari nama yang mirip, lalu tanyakan mana yang saya maksud",
    ),
    say(
      "Write one page: who they are and who I will talk to, open deals with stage and value, open tickets and tasks, what was said last and when, risks, three questions to ask, and the next step to agree on",
      "Tulis satu halaman: siapa mereka dan dengan siapa saya akan bicara, deal terbuka beserta tahap dan nilainya, tiket dan tugas terbuka, apa yang terakhir dibicarakan dan kapan, risiko, tiga pertanyaan untuk diajukan, dan langkah berikut yang perlu disepakati",
    ),
  ],
};

/** Whether a contact is worth a deal. */
export const qualifyLead: Prompt = {
  title: "Qualify a lead · Kualifikasi prospek",
  description: "Judges a contact, and plans a deal if it is worth one.",
  arguments: {
    contact: {
      kind: "contact",
      description: "Name or id",
      required: true,
    },
    pipeline: { kind: "pipeline", description: "For the deal" },
    stage: { kind: "stage", description: "For the deal" },
  },
  goal: {
    en: "Qualify the lead {contact}.",
    id: "Nilai kelayakan prospek {contact}.",
  },
  steps: [
    call(
      "get_account_overview",
      { contact: "{contact}" },
      "Get the overview of the contact",
      "Ambil ringkasan kontak itu",
    ),
    call(
      "search",
      { query: "{contact}" },
      "Look for other records of the same person or company",
      "Cari data lain dari orang atau perusahaan yang sama",
    ),
    say(
      "Judge need, budget, authority and timing, each with the evidence from the records. Ask me about what the records do not say; do not guess",
      "Nilai kebutuhan, anggaran, wewenang, dan waktunya, masing-masing dengan bukti dari data. Tanyakan kepada saya hal yang tidak ada di data; jangan menebak",
    ),
    call(
      "get_required_fields_for_deal",
      { pipeline_id: "{pipeline}", stage_id: "{stage}" },
      "If the lead is worth a deal, and I agree: get what a deal requires, and ask me for what is missing",
      "Jika prospek itu layak menjadi deal, dan saya setuju: ambil apa yang wajib untuk deal, dan tanyakan yang belum ada",
    ),
    call(
      "create_deal",
      {
        name: "<name of the deal>",
        crm_pipeline_id: "{pipeline}",
        crm_stage_id: "{stage}",
        crm_lead_ids: ["<contact id>"],
        dry_run: true,
      },
      "Plan the deal, with the required fields added",
      "Rencanakan deal itu, lengkap dengan field yang wajib",
    ),
    call(
      "create_task",
      {
        name: "<next step>",
        crm_person_id: "<contact id>",
        assignee_id: "me",
        due_date: "<date>",
        dry_run: true,
      },
      "Plan a task for the next step, with the fields that tasks require here",
      "Rencanakan tugas untuk langkah berikutnya, dengan field yang wajib untuk tugas di sini",
    ),
  ],
};

/** What a visit was about, and what comes next. */
export const logVisit: Prompt = {
  title: "Log a visit · Catat kunjungan",
  description: "Plans a note of a visit, and a task for the next step.",
  arguments: {
    company: {
      kind: "company",
      description: "Name or id",
      required: true,
    },
    summary: { kind: "text", description: "What happened" },
    next_step: { kind: "text", description: "What comes next, and when" },
  },
  goal: {
    en: "Log my visit to {company}.",
    id: "Catat kunjungan saya ke {company}.",
  },
  steps: [
    call(
      "get_account_overview",
      { company: "{company}" },
      "Get the overview of the company, with its id and open deals",
      "Ambil ringkasan perusahaan itu, dengan id dan deal terbukanya",
    ),
    {
      say: {
        en: "What happened, in my words: {summary}",
        id: "Yang terjadi, menurut saya: {summary}",
      },
    },
    {
      say: {
        en: "What comes next, in my words: {next_step}",
        id: "Langkah berikutnya, menurut saya: {next_step}",
      },
    },
    say(
      "If I have not said what happened and what comes next, ask me first",
      "Jika saya belum menyebutkan apa yang terjadi dan langkah berikutnya, tanyakan dulu",
    ),
    call(
      "create_note",
      {
        note: "<what happened>",
        crm_company_id: "<company id>",
        dry_run: true,
      },
      "Plan the note. Write only what I said",
      "Rencanakan catatannya. Tulis hanya yang saya katakan",
    ),
    call(
      "create_task",
      {
        name: "<next step>",
        crm_company_id: "<company id>",
        assignee_id: "me",
        due_date: "<date>",
        dry_run: true,
      },
      "Plan a task for the next step, with the fields that tasks require here",
      "Rencanakan tugas untuk langkah berikutnya, dengan field yang wajib untuk tugas di sini",
    ),
    call(
      "update_deal",
      { deal_id: "<deal id>", crm_stage_id: "<stage>", dry_run: true },
      "Only if the visit moved a deal to another stage: plan the move",
      "Hanya jika kunjungan itu memindahkan deal ke tahap lain: rencanakan pemindahannya",
    ),
  ],
};
