/**
 * Prompts for those who lead a team or look after the records.
 *
 * @module
 */
import type { JsonObject } from "../../values/json.ts";
import { call, type Prompt, say, type Step } from "./prompt.ts";

/** Narrows deals to a pipeline and an owner, as far as they are given. */
const CHOSEN = [
  { field: "crm_pipeline_id", value: "{pipeline}" },
  { field: "creator_id", value: "{owner}" },
];
const OPEN = { field: "state", value: "open" };

/** Where the pipeline stands, and what moved. */
export const weeklyPipelineReview: Prompt = {
  title: "Weekly pipeline review · Tinjauan pipeline mingguan",
  description: "Value by stage, what moved, what is stuck, and what to do.",
  arguments: {
    pipeline: { kind: "pipeline", description: "All by default" },
    owner: { kind: "owner", description: "All by default" },
  },
  goal: {
    en: "Review the pipeline of this week.",
    id: "Tinjau pipeline minggu ini.",
  },
  goals: [
    {
      en: "Review the pipeline {pipeline} of this week, for {owner}.",
      id: "Tinjau pipeline {pipeline} minggu ini, untuk {owner}.",
    },
    {
      en: "Review the pipeline {pipeline} of this week.",
      id: "Tinjau pipeline {pipeline} minggu ini.",
    },
    {
      en: "Review the pipeline of this week, for {owner}.",
      id: "Tinjau pipeline minggu ini, untuk {owner}.",
    },
  ],
  steps: [
    call(
      "query_records",
      {
        resource: "deals",
        where: [...CHOSEN, OPEN],
        group_by: "stage",
        measures: "count,sum:size,weighted:size",
      },
      "Count and sum the open deals by stage",
      "Hitung dan jumlahkan deal terbuka per tahap",
    ),
    call(
      "query_records",
      {
        resource: "stage_moves",
        of: {
          resource: "deals",
          where: [
            ...CHOSEN,
            { field: "updated_at", op: "gte", value: "-7d" },
          ],
        },
        where: [{ field: "moved_date", op: "gte", value: "-7d" }],
        limit: 50,
      },
      "Find what moved in the last 7 days",
      "Cari apa yang berpindah dalam 7 hari terakhir",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...CHOSEN,
          { field: "state", op: "in", value: "won,lost" },
          { field: "updated_at", op: "gte", value: "-7d" },
        ],
        group_by: "state",
        measures: "count,sum:size",
      },
      "Sum what was won and lost in the last 7 days",
      "Jumlahkan yang menang dan kalah dalam 7 hari terakhir",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...CHOSEN,
          OPEN,
          { field: "days_since_update", op: "gte", value: "14" },
        ],
        sort: "-size",
        limit: 10,
      },
      "Find the largest deals that are stuck: no change for 14 days",
      "Cari deal terbesar yang macet: tanpa perubahan selama 14 hari",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...CHOSEN,
          OPEN,
          { field: "closed_date", op: "lt", value: "today" },
        ],
        sort: "closed_date",
        limit: 10,
      },
      "Find the deals that are past their closing date",
      "Cari deal yang sudah melewati tanggal penutupan",
    ),
    say(
      "Write the review: a table by stage with one row for each currency, what moved, what is stuck and who owns it, and five decisions to take. Never add amounts of different currencies",
      "Tulis tinjauannya: tabel per tahap dengan satu baris untuk tiap mata uang, apa yang berpindah, apa yang macet dan siapa pemiliknya, dan lima keputusan yang perlu diambil. Jangan menjumlahkan nilai dengan mata uang berbeda",
    ),
    call(
      "update_deal",
      { deal_id: "<deal id>", closed_date: "<date>", dry_run: true },
      "For each deal for which I give a new closing date: plan the change",
      "Untuk setiap deal yang saya beri tanggal penutupan baru: rencanakan perubahannya",
    ),
  ],
};

/** The kinds of records that have an owner, and the argument that sets it. */
const OWNED: readonly (readonly [string, string, string])[] = [
  ["companies", "perusahaan", "creator_id"],
  ["contacts", "kontak", "creator_id"],
  ["deals", "deal", "creator_id"],
  ["tickets", "tiket", "assignee_id"],
  ["tasks", "tugas", "assignee_id"],
];

/** What a person has of one kind: open deals, tickets and tasks only. */
function owned(plural: string, key: string): JsonObject[] {
  return [
    { field: key, value: "{from}" },
    ...["companies", "contacts"].includes(plural) ? [] : [OPEN],
  ];
}

/** One person's records become another's. */
export const handOverAccounts: Prompt = {
  title: "Hand over accounts · Serah terima akun",
  description:
    "Plans that a person's companies, contacts, open deals, tickets and tasks become another's.",
  arguments: {
    from: { kind: "owner", description: "Who has them now", required: true },
    to: { kind: "owner", description: "Who gets them", required: true },
  },
  goal: {
    en: "Hand over what belongs to {from} in Qontak to {to}.",
    id: "Serahkan semua yang dimiliki {from} di Qontak kepada {to}.",
  },
  steps: [
    ...OWNED.map(([plural, plainly, key]): Step =>
      call(
        "query_records",
        {
          resource: plural,
          where: owned(plural, key),
          measures: "count",
        },
        `Count the ${plural}`,
        `Hitung ${plainly}`,
      )
    ),
    say(
      "Show me the counts, and ask whether all of it goes to this person",
      "Tunjukkan jumlahnya, dan tanyakan apakah semuanya untuk orang itu",
    ),
    ...OWNED.map(([plural, plainly, key]): Step =>
      call(
        "change_records",
        {
          resource: plural,
          action: "update",
          where: owned(plural, key),
          change: { [key]: "{to}" },
        },
        `If there are ${plural}: plan their handover`,
        `Jika ada ${plainly}: rencanakan serah terimanya`,
      )
    ),
    say(
      "A run has at most 500 records. If there are more, narrow where, such as by created_at, and make several plans. If a run stops before its end, continue it with its run id",
      "Satu kali jalan paling banyak 500 data. Jika lebih, persempit where, misalnya dengan created_at, dan buat beberapa rencana. Jika berhenti sebelum selesai, lanjutkan dengan id run-nya",
    ),
  ],
};

/** Makes the steps for duplicates of one kind. */
function duplicateSteps(
  [plural, one, plainly]: readonly [string, string, string],
  lacking: JsonObject,
  moves: readonly (readonly [string, JsonObject, JsonObject])[],
): Step[] {
  const when = { resource: plural };
  const id = `${one}_id`;
  return [
    call(
      `get_${one}`,
      { [id]: "<id>" },
      "Read every record of a group, the likeliest group first",
      "Baca setiap data dalam satu kelompok, mulai dari kelompok yang paling mungkin",
    ),
    say(
      "Say for each group whether it is the same and why, which record to keep (the one with the most behind it), and what the others know that it lacks. Ask me before you go on; leave out groups that I do not confirm",
      "Untuk setiap kelompok, katakan apakah memang sama dan mengapa, data mana yang disimpan (yang paling banyak isinya), dan apa yang ada pada yang lain tetapi tidak padanya. Tanyakan kepada saya sebelum melanjutkan; lewati kelompok yang tidak saya setujui",
    ),
    call(
      `update_${one}`,
      { [id]: "<id to keep>", ...lacking, dry_run: true },
      "Plan to add what the record to keep lacks, such as this",
      "Rencanakan penambahan yang belum ada pada data yang disimpan, misalnya ini",
    ),
    ...moves.map(([others, where, change]) =>
      call(
        "change_records",
        { resource: others, action: "update", where: [where], change },
        `If the other has ${others}: plan to move them to the record to keep`,
        `Jika ${plainly} yang lain punya ${others}: rencanakan pemindahannya ke data yang disimpan`,
      )
    ),
    call(
      `delete_${one}`,
      { [id]: "<id to remove>", dry_run: true },
      "When that is done: plan to delete the other. Stop if anything still belongs to it",
      "Setelah itu selesai: rencanakan penghapusan yang lain. Berhenti jika masih ada yang terhubung dengannya",
    ),
  ].map((step) => ({ ...step, when }));
}

/** Records that are the same one become one. */
export const cleanUpDuplicates: Prompt = {
  title: "Clean up duplicates · Bersihkan data ganda",
  description:
    "Finds records that are the same, and plans to keep one of each.",
  arguments: {
    resource: {
      kind: "duplicates",
      description: "contacts (default) or companies",
      otherwise: "contacts",
    },
  },
  goal: {
    en: "Clean up duplicate records among {resource}.",
    id: "Bersihkan data ganda di antara {resource}.",
  },
  steps: [
    call(
      "find_duplicates",
      { resource: "{resource}" },
      "Find the groups that are likely the same",
      "Cari kelompok yang kemungkinan sama",
    ),
    ...duplicateSteps(
      ["contacts", "contact", "kontak"],
      { email: "<e-mail address>" },
      [
        ["deals", { field: "crm_lead_ids", value: "<id to remove>" }, {
          crm_lead_ids: { add: ["<id to keep>"], remove: ["<id to remove>"] },
        }],
        ["tasks", { field: "crm_person_id", value: "<id to remove>" }, {
          crm_person_id: "<id to keep>",
        }],
      ],
    ),
    ...duplicateSteps(
      ["companies", "company", "perusahaan"],
      { telephone: "<phone number>" },
      ["contacts", "deals", "tasks"].map((plural) => [
        plural,
        { field: "crm_company_id", value: "<id to remove>" },
        { crm_company_id: "<id to keep>" },
      ]),
    ),
  ],
};

/** What a month brought, and what must be put in order before it ends. */
export const monthEndClosing: Prompt = {
  title: "Month-end closing · Tutup bulan",
  description: "Won, lost and still open by person, and what to put in order.",
  arguments: {
    month: {
      kind: "month",
      description: "Such as 2026-11; this month by default",
      otherwise: "this_month",
    },
    pipeline: { kind: "pipeline", description: "All by default" },
  },
  goal: {
    en: "Close the month {month} in Qontak.",
    id: "Tutup bulan {month} di Qontak.",
  },
  goals: [{
    en: "Close the month {month} in Qontak, for the pipeline {pipeline}.",
    id: "Tutup bulan {month} di Qontak, untuk pipeline {pipeline}.",
  }],
  steps: [
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...CHOSEN,
          { field: "state", op: "in", value: "won,lost" },
          { field: "closed_date", value: "{month}" },
        ],
        group_by: "creator_id,state",
        measures: "count,sum:size",
      },
      "Sum what was won and lost, by person",
      "Jumlahkan yang menang dan kalah per orang",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [
          ...CHOSEN,
          OPEN,
          { field: "closed_date", op: "lte", value: "{month}" },
          { field: "closed_date", op: "lt", value: "today" },
        ],
        fields: "name,size,currency,closed_date,creator_id",
        sort: "-size",
        limit: 50,
      },
      "Find the deals that should already be closed, and are open",
      "Cari deal yang seharusnya sudah ditutup, tetapi masih terbuka",
    ),
    call(
      "query_records",
      {
        resource: "deals",
        where: [...CHOSEN, OPEN],
        group_by: "closed_date:month",
        measures: "count,sum:size,weighted:size",
      },
      "Sum the open deals by the month in which they should close",
      "Jumlahkan deal terbuka per bulan penutupannya",
    ),
    call(
      "query_records",
      {
        resource: "tasks",
        where: [OPEN, { field: "overdue", value: "true" }],
        group_by: "assignee_id",
        measures: "count",
      },
      "Count the overdue tasks by person",
      "Hitung tugas yang terlambat per orang",
    ),
    say(
      "Write the closing: results by person, with one row for each currency; what must be decided before the month ends; and the outlook for the next months. Never add amounts of different currencies. Ask me for each deal that is late: won, lost, or a new date",
      "Tulis laporannya: hasil per orang, dengan satu baris untuk tiap mata uang; apa yang harus diputuskan sebelum bulan berakhir; dan perkiraan bulan-bulan berikutnya. Jangan menjumlahkan nilai dengan mata uang berbeda. Tanyakan kepada saya untuk setiap deal yang terlambat: menang, kalah, atau tanggal baru",
    ),
    call(
      "update_deal",
      { deal_id: "<deal id>", crm_stage_id: "<stage>", dry_run: true },
      "For each deal that was won or lost: plan the move to that stage",
      "Untuk setiap deal yang menang atau kalah: rencanakan perpindahan ke tahap itu",
    ),
    call(
      "update_deal",
      { deal_id: "<deal id>", closed_date: "<date>", dry_run: true },
      "For each deal with a new date: plan the change",
      "Untuk setiap deal dengan tanggal baru: rencanakan perubahannya",
    ),
  ],
};
