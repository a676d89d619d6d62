/**
 * Questions that people of different jobs can ask, each with the call that
 * answers it and what the page shows of the answer. `deno task docs` makes the
 * calls on the sandbox, and writes the answers to answers.ts.
 *
 * @module
 */
import { isObject } from "../../values/json.ts";
import type { Language } from "./words.ts";

/** A text in each language. */
export type Text = Readonly<Record<Language, string>>;

/** A question. */
export interface Example {
  /** Who asks. */
  readonly job: Text;
  readonly question: Text;
  /** The call that answers it. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /**
   * The reply. `{path}` is a placeholder for a value of the answer,
   * such as `{records.0.count}`.
   */
  readonly reply: Text;
  /** Where the rows of the table are, and what is in its columns. */
  readonly rows: string;
  readonly columns: readonly (readonly [path: string, head: Text])[];
}

/** What the page keeps of an answer, each value by its path. */
export interface Answer {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly rows: readonly (readonly unknown[])[];
}

const STAGE: Text = { en: "Stage", id: "Tahap" };
const OWNER: Text = { en: "Owner", id: "Penanggung jawab" };
const COUNT: Text = { en: "Deals", id: "Jumlah deal" };
const VALUE: Text = { en: "Value", id: "Nilai" };
const NAME: Text = { en: "Deal name", id: "Nama deal" };

/** The questions, in the order of the page. */
export const examples: Readonly<Record<string, Example>> = {
  "ask-pipeline": {
    job: { en: "Sales manager", id: "Manajer penjualan" },
    question: {
      en: "Where is the money in our pipeline, in rupiah?",
      id: "Di tahap mana nilai pipeline kita paling besar, dalam rupiah?",
    },
    tool: "query_records",
    args: {
      resource: "deals",
      where: [{ field: "state", value: "open" }, {
        field: "currency",
        value: "IDR",
      }],
      group_by: "stage",
      measures: "count,sum:size,weighted:size",
      sort: "-sum:size",
    },
    reply: {
      en:
        "{records.0.crm_stage_name} holds the most: {records.0.sum:size} in {records.0.count} deals. With the chance to win counted: {records.0.weighted:size}.",
      id:
        "Paling besar di {records.0.crm_stage_name}: {records.0.sum:size} dari {records.0.count} deal, atau {records.0.weighted:size} menurut peluang menangnya.",
    },
    rows: "records",
    columns: [
      ["crm_stage_name", STAGE],
      ["count", COUNT],
      ["sum:size", VALUE],
      ["weighted:size", { en: "Weighted", id: "Tertimbang" }],
    ],
  },
  "ask-winners": {
    job: { en: "Sales director", id: "Direktur penjualan" },
    question: {
      en: "Who has won the most, by value?",
      id: "Siapa yang paling banyak menang, menurut nilainya?",
    },
    tool: "query_records",
    args: {
      resource: "deals",
      where: [{ field: "state", value: "won" }],
      group_by: "owner",
      measures: "count,sum:size",
      sort: "-sum:size",
    },
    reply: {
      en:
        "{records.0.creator_name}, with {records.0.sum:size}. In all, {matched} deals are won.",
      id:
        "{records.0.creator_name}, dengan {records.0.sum:size}. Seluruhnya ada {matched} deal yang menang.",
    },
    rows: "records",
    columns: [["creator_name", OWNER], ["count", COUNT], ["sum:size", VALUE]],
  },
  "ask-visit": {
    job: { en: "Account executive", id: "Tenaga penjualan" },
    question: {
      en: "I visit PT Nusa Logam Presisi tomorrow. What should I know?",
      id:
        "Besok saya mengunjungi PT Nusa Logam Presisi. Apa yang perlu saya ketahui?",
    },
    tool: "get_account_overview",
    args: { company: "PT Nusa Logam Presisi" },
    reply: {
      en:
        "{open_deals.total} deals are open, worth {open_deals.value}, and {lost.total} was lost. Speak first about the open ticket: “{open_tickets.records.0.name}”.",
      id:
        "Ada {open_deals.total} deal terbuka senilai {open_deals.value}, dan {lost.total} deal kalah. Bahas dahulu tiket yang masih terbuka: “{open_tickets.records.0.name}”.",
    },
    rows: "open_deals.records",
    columns: [["name", NAME], ["crm_stage_name", STAGE], ["size", VALUE]],
  },
  "ask-proposals": {
    job: { en: "Sales team lead", id: "Ketua tim penjualan" },
    question: {
      en: "Which proposals are still without an answer, the largest first?",
      id: "Proposal mana yang belum dijawab, mulai dari yang terbesar?",
    },
    tool: "query_records",
    args: {
      resource: "deals",
      where: [{ field: "stage", value: "Proposal Sent" }],
      fields: "name,size,owner",
      sort: "-size",
    },
    reply: {
      en:
        "{matched} deals are in Proposal Sent. The largest is with {records.0.creator_name}.",
      id:
        "Ada {matched} deal di Proposal Sent. Yang terbesar ditangani {records.0.creator_name}.",
    },
    rows: "records",
    columns: [["name", NAME], ["creator_name", OWNER], ["size", VALUE]],
  },
  "ask-tickets": {
    job: { en: "Customer service", id: "Layanan pelanggan" },
    question: {
      en: "How many tickets are open, and where do they wait?",
      id: "Berapa tiket yang terbuka, dan menunggu di tahap apa?",
    },
    tool: "query_records",
    args: {
      resource: "tickets",
      where: [{ field: "state", value: "open" }],
      group_by: "stage",
      measures: "count",
      sort: "-count",
    },
    reply: {
      en:
        "{matched} tickets are open. Most are in {records.0.ticket_stage_name}: {records.0.count}.",
      id:
        "{matched} tiket masih terbuka, paling banyak di {records.0.ticket_stage_name}: {records.0.count}.",
    },
    rows: "records",
    columns: [["ticket_stage_name", STAGE], ["count", {
      en: "Tickets",
      id: "Jumlah tiket",
    }]],
  },
  "ask-sources": {
    job: { en: "Marketing", id: "Pemasaran" },
    question: {
      en: "Where do our contacts come from?",
      id: "Dari mana kontak kita berasal?",
    },
    tool: "query_records",
    args: {
      resource: "contacts",
      where: [{ field: "crm_source_id", op: "is_set" }],
      group_by: "crm_source_id",
      measures: "count",
      sort: "-count",
    },
    reply: {
      en:
        "Most often from {records.0.crm_source_name}. A source is known for {matched} of {records_read} contacts.",
      id:
        "Paling sering dari {records.0.crm_source_name}. Sumbernya diketahui untuk {matched} dari {records_read} kontak.",
    },
    rows: "records",
    columns: [["crm_source_name", { en: "Source", id: "Sumber" }], ["count", {
      en: "Contacts",
      id: "Jumlah kontak",
    }]],
  },
  "ask-required": {
    job: { en: "Sales operations", id: "Operasional penjualan" },
    question: {
      en: "What must a deal have before it moves to Proposal Sent?",
      id: "Apa yang wajib diisi sebelum deal pindah ke Proposal Sent?",
    },
    tool: "get_required_fields_for_deal",
    args: { stage_id: "Proposal Sent" },
    reply: {
      en:
        "These fields, by the template of your own company. {optional_fields} more may stay empty.",
      id:
        "Kolom berikut, menurut templat perusahaan sendiri. {optional_fields} kolom lain boleh kosong.",
    },
    rows: "required",
    columns: [["label", { en: "Field", id: "Kolom" }], ["type", {
      en: "Type",
      id: "Jenis",
    }]],
  },
  "ask-change": {
    job: { en: "CRM administrator", id: "Pengelola CRM" },
    question: {
      en:
        "Move the toner deal of CV Cipta Boga Rasa to Proposal Sent, at 31.5 million. What would change?",
      id:
        "Pindahkan deal toner CV Cipta Boga Rasa ke Proposal Sent, senilai 31,5 juta. Apa yang akan berubah?",
    },
    tool: "update_deal",
    args: {
      deal_id: 48283761,
      crm_stage_id: "Proposal Sent",
      size: 31_500_000,
      dry_run: true,
    },
    reply: {
      en:
        "This is a plan for “{name}”: nothing is changed until you say yes. Afterwards it can be undone.",
      id:
        "Ini rencana untuk “{name}”: belum ada yang diubah sampai Anda setuju. Sesudahnya pun dapat dibatalkan.",
    },
    rows: "changes",
    columns: [
      ["label", { en: "Field", id: "Kolom" }],
      ["from", { en: "Before", id: "Sebelum" }],
      ["to", { en: "After", id: "Sesudah" }],
    ],
  },
};

/**
 * The amount in a value: a number, or one in rupiah alone. Amounts in several
 * currencies cannot be compared.
 */
export function amountOf(value: unknown): number | undefined {
  const amount = isObject(value) && Object.keys(value).join() === "IDR"
    ? value.IDR
    : value;
  return typeof amount === "number" ? amount : undefined;
}

/** A value of an answer as people write it: amounts by currency. */
export function shownValue(value: unknown, language: Language): string {
  if (typeof value === "number") {
    return value.toLocaleString(language === "id" ? "id-ID" : "en-GB");
  }
  if (isObject(value)) {
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${shownValue(inner, language)}`)
      .join(", ");
  }
  return value === null ? "" : String(value);
}
