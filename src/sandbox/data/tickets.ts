/**
 * Thirty tickets, at every stage of both pipelines.
 *
 * @module
 */

import type { Random } from "../random.ts";
import { recordName, type Records } from "../records.ts";
import type { Place } from "../template.ts";
import { DAY, toIso } from "../time.ts";
import { optionOf } from "./companies.ts";
import { customOf, uniqueId } from "./deals.ts";
import { EPOCH, record } from "./people.ts";
import { USERS } from "./tenant.ts";
import {
  TICKET_FIELDS,
  TICKET_STAGES,
  TICKET_TEMPLATE,
  type TicketStage,
} from "./ticket_template.ts";

const COUNT = 30;

const COMPLAINTS: readonly (readonly [string, string])[] = [
  ["Printer macet setelah dua minggu", "Kertas tersangkut di baki kedua."],
  ["Kursi datang tanpa roda", "Satu dari dua puluh unit, minta diganti."],
  ["Faktur pajak belum diterima", ""],
  ["Pengiriman terlambat tiga hari", "Gudang pelanggan tutup hari Minggu."],
  ["Salah kirim ukuran sepatu safety", "Dipesan 42, datang 40."],
  ["Rak gudang bergoyang", "Minta teknisi datang memeriksa baut."],
  ["Toner bocor saat dibuka", ""],
  ["Minta panduan pemasangan", "Dalam bahasa Indonesia bila ada."],
];

/** What tickets refer to. */
export interface Ticketed {
  /** The contacts. */
  readonly contacts: Records;
  /** The companies. */
  readonly companies: Records;
  /** The products. */
  readonly products: Records;
  /** The tasks. */
  readonly tasks: Records;
  /** A new id. */
  nextId(): number;
}

/** The place of a ticket at this stage. */
export function ticketPlace(stage: TicketStage): Place {
  const pipelineId = stage.ticket_pipeline_id;
  return {
    pipelineId,
    stageId: stage.id,
    stageIds: TICKET_STAGES.filter((one) =>
      one.ticket_pipeline_id === pipelineId
    ).map(({ id }) => id),
  };
}

/** Midnight in Jakarta of the day of a moment. */
function dayOf(ms: number): number {
  return Date.parse(`${toIso(ms).slice(0, 10)}T00:00:00+07:00`);
}

/** The tickets. */
export function createTickets(
  random: Random,
  { contacts, companies, products, tasks }: Ticketed,
): Records {
  const tickets: Records = new Map();
  let id = 1_870_000 + random.int(0, 9_000);
  for (let index = 0; index < COUNT; index++) {
    id += random.int(1, 60);
    const stage = TICKET_STAGES[index % TICKET_STAGES.length]!;
    const [complaint, description] = random.pick(COMPLAINTS);
    const contact = random.pick([...contacts.values()]);
    const company = companies.get(Number(contact.values.crm_company_id));
    const name = company ? `${complaint} - ${recordName(company)}` : complaint;
    const at = EPOCH + random.int(0, 45) * DAY + random.int(0, 32_000) * 1000;
    const some = (records: Records, probability: number): number[] =>
      random.chance(probability) && records.size > 0
        ? [random.pick([...records.keys()])]
        : [];
    const option = (field: string): number | null =>
      optionOf(TICKET_TEMPLATE, field, random);
    const ticket = record(id, name, at, {
      unique_ticket_id: uniqueId(random),
      name,
      creator_id: random.pick(USERS).id,
      user_id: random.chance(0.8) ? random.pick(USERS).id : null,
      ticket_stage_id: stage.id,
      ticket_pipeline_id: stage.ticket_pipeline_id,
      ticket_priority_id: random.chance(0.7)
        ? option("ticket_priority_id")
        : null,
      ticket_category_id: random.chance(0.7)
        ? option("ticket_category_id")
        : null,
      description,
      due_date: random.chance(0.6) ? dayOf(at + random.int(2, 20) * DAY) : null,
      crm_company_id: company?.id ?? null,
      crm_lead_ids: [contact.id],
      crm_product_ids: some(products, 0.4),
      crm_task_ids: some(tasks, 0.2),
    });
    ticket.custom = customOf(TICKET_FIELDS, ticketPlace(stage), random, at);
    tickets.set(id, ticket);
  }
  return tickets;
}
