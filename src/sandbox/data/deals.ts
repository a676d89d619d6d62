/**
 * Sixty deals with histories, timelines, chats, notes and product lines.
 *
 * @module
 */

import { isWritable, toDecimal } from "../custom.ts";
import type { Random } from "../random.ts";
import {
  contactName,
  type Deal,
  type Happening,
  type Move,
  recordName,
  type Records,
  type Stage,
  type Stored,
} from "../records.ts";
import { isRequired, type Place } from "../template.ts";
import { DAY, toDayFirst, toIso } from "../time.ts";
import { type CustomField, DEAL_FIELDS } from "./deal_fields.ts";
import { DEAL_TEMPLATE } from "./deal_template.ts";
import { EPOCH, record } from "./people.ts";
import { PIPELINES, stagesOf, USERS } from "./tenant.ts";

/** What deals are made of and what is made with them. */
export interface Surroundings {
  /** The companies. */
  readonly companies: Records;
  /** The contacts. */
  readonly contacts: Records;
  /** The products. */
  readonly products: Records;
  /** Gets a product line for some deals. */
  readonly associations: Records;
  /** Gets notes for some deals. */
  readonly notes: Records;
  /** A new id. */
  nextId(): number;
}

const COUNT = 60;
const HOUR = 3_600_000;
const STATUSES = ["Existing Client", "New Client", null];
const NOTES = [
  "Pelanggan meminta penawaran ulang dengan termin 60 hari.",
  "Sudah presentasi ke tim pengadaan, menunggu jadwal berikutnya.",
  "Sampel diterima, kualitas dinilai baik.",
  "<p>Harga perlu <strong>persetujuan</strong> supervisor.</p>",
];
const QUESTIONS = [
  "Selamat pagi, apakah stoknya masih tersedia?",
  "Boleh dikirim penawaran resminya?",
  "Kapan barang bisa dikirim ke gudang kami?",
];
const REPLIES = [
  "Selamat pagi, stok tersedia. Kami siapkan penawarannya.",
  "Penawaran sudah kami kirim lewat email, mohon dicek.",
  "Pengiriman paling lambat tiga hari kerja setelah PO.",
];

/** Something that fits a custom field. */
function sampleOf(
  { descriptor, samples }: CustomField,
  random: Random,
  at: number,
): string {
  const ids = descriptor.dropdown?.map(({ id }) => String(id)) ?? [];
  switch (descriptor.type) {
    case "Dropdown select":
      return random.pick(ids);
    case "Multiple select":
      return random.sample(ids, random.int(1, 3)).join(",");
    case "Number":
      return String(random.int(1, 400) * 5);
    case "Percentage":
      return toDecimal(random.int(2, 80) / 2);
    case "Date":
      return toDayFirst(at + random.int(3, 60) * DAY);
    case "Date time":
      return `${toIso(at + random.int(1, 30) * DAY).slice(0, 14)}00:00`;
    case "Upload":
      return `https://files.example.co.id/dok-${random.int(1000, 9999)}.pdf`;
    default:
      return random.pick(samples);
  }
}

/** The stages through which a deal went to this one. */
function pathTo(stage: Stage, random: Random): Stage[] {
  const stages = stagesOf(stage.crm_pipeline_id);
  const walked = stage.win_probability === "0.00"
    ? random.int(1, stages.length - 2)
    : stage.order - 1;
  return [...stages.slice(0, walked), stage];
}

/** Moves along a path, days apart in working hours, before 22 November 2026. */
function historyOf(
  path: readonly Stage[],
  ownerId: number,
  random: Random,
): Move[] {
  let day = random.int(0, 34);
  return path.map((stage, index) => {
    if (index > 0) day += random.int(1, 4);
    return {
      ownerId,
      from: path[index - 1]?.id ?? null,
      to: stage.id,
      at: EPOCH + day * DAY + random.int(0, 9 * 3600) * 1000,
      by: index === 0 ? null : ownerId,
    };
  });
}

function timelineOf(
  name: string,
  path: readonly Stage[],
  history: readonly Move[],
  nextId: () => number,
): Happening[] {
  return history.map((move, index) => ({
    id: nextId(),
    userId: move.by ?? move.ownerId,
    how: index === 0 ? "added" : "moved",
    content: index === 0
      ? `'${name}'.`
      : `'${name}' from ${path[index - 1]!.name} to ${path[index]!.name}.`,
    at: move.at,
  }));
}

/** `417KMWTZQA`: three digits and seven capitals. */
export function uniqueId(random: Random): string {
  const capitals = Array.from(
    { length: 7 },
    () => String.fromCharCode(random.int(65, 90)),
  );
  return String(random.int(0, 999)).padStart(3, "0") + capitals.join("");
}

/** The custom values: about six that chance fills, and the required ones. */
export function customOf(
  fields: readonly CustomField[],
  place: Place | undefined,
  random: Random,
  at: number,
): ReadonlyMap<number, string> {
  const writable = fields.filter((one) => isWritable(one.descriptor));
  const chosen = new Set(random.sample(writable, random.int(5, 7)));
  return new Map(
    writable
      .filter((one) => chosen.has(one) || isRequired(one.descriptor, place))
      .map((one) => [one.descriptor.id!, sampleOf(one, random, at)]),
  );
}

/** The contacts by company, for contacts that are not added to meanwhile. */
const known = new WeakMap<Records, {
  readonly size: number;
  readonly by: ReadonlyMap<unknown, Stored[]>;
}>();

/** The contacts of a company. */
function contactsOf(contacts: Records, companyId: number): Stored[] {
  let found = known.get(contacts);
  if (found?.size !== contacts.size) {
    const by = Map.groupBy(
      contacts.values(),
      ({ values }) => values.crm_company_id,
    );
    known.set(contacts, found = { size: contacts.size, by });
  }
  return found.by.get(companyId) ?? [];
}

function createDeal(
  id: number,
  index: number,
  random: Random,
  { companies, contacts, products, associations, notes, nextId }: Surroundings,
): Deal {
  const pipeline = PIPELINES[index % PIPELINES.length]!;
  const stages = stagesOf(pipeline.id);
  const stage = stages[Math.floor(index / 2) % stages.length]!;
  const place: Place = {
    pipelineId: pipeline.id,
    stageId: stage.id,
    stageIds: stages.map((one) => one.id),
  };
  const path = pathTo(stage, random);
  const owner = random.pick(USERS);
  const history = historyOf(path, owner.id, random);
  const [first, last] = [history[0]!.at, history.at(-1)!.at];
  const company = random.pick([...companies.values()]);
  const people = contactsOf(contacts, company.id).slice(0, random.int(1, 2));
  const product = random.pick([...products.values()]);
  const quantity = random.int(2, 120);
  const total = Number(product.values.price) * quantity;
  const name = `${recordName(product).split(" (")[0]} - ${recordName(company)}`;
  const has = (field: string, probability: number): boolean =>
    random.chance(probability) ||
    DEAL_TEMPLATE.some((one) => one.name === field && isRequired(one, place));
  const oneOf = (field: string): number | null =>
    random.pick(
      DEAL_TEMPLATE.find((one) => one.name === field)?.dropdown ?? [],
    ).id;

  const lines: Stored[] = random.chance(0.4)
    ? [record(nextId(), name, last, {
      name: recordName(product),
      crm_product_id: product.id,
      crm_deal_id: id,
      currency: "IDR",
      price: product.values.price,
      quantity,
      total_price: total,
    })]
    : [];
  for (const line of lines) associations.set(line.id, line);
  if (random.chance(0.5)) {
    const note = record(nextId(), "note", last, {
      note: random.pick(NOTES),
      type: "Crm::DealNote",
      crm_deal_id: id,
      creator_id: owner.id,
      crm_checkin: random.chance(0.3) ? company.values.address : "",
    });
    notes.set(note.id, note);
  }

  const closing = last + random.int(2, 40) * DAY;
  const speaker = people[0];
  const talks = speaker !== undefined && random.chance(0.2);
  return {
    ...record(id, name, first, {
      name,
      currency: random.chance(0.08) ? "USD" : "IDR",
      size: has("size", 0.5) ? total : null,
      closed_date: has("closed_date", 0.2) ? closing : null,
      creator_id: owner.id,
      crm_source_id: random.chance(0.7) ? oneOf("crm_source_id") : null,
      crm_lost_reason_id: has("crm_lost_reason_id", 0)
        ? oneOf("crm_lost_reason_id")
        : null,
      crm_pipeline_id: pipeline.id,
      crm_stage_id: stage.id,
      start_date: random.chance(0.4) ? first : null,
      expired_date: random.chance(0.3) ? closing + 30 * DAY : null,
      crm_priority_id: random.chance(0.6) ? oneOf("crm_priority_id") : null,
      crm_company_id: random.chance(0.85) ? [company.id] : [],
      crm_lead_ids: people.map((one) => one.id),
      crm_deal_status: random.pick(STATUSES),
      product_association_ids: lines.map((line) => line.id),
      unique_deal_id: uniqueId(random),
    }),
    updatedAt: last,
    custom: customOf(DEAL_FIELDS, place, random, last),
    timeline: timelineOf(name, path, history, nextId),
    realCreatorId: owner.id,
    history,
    chat: talks
      ? [
        {
          user: contactName(speaker),
          message: random.pick(QUESTIONS),
          at: first + HOUR,
          type: "customer",
        },
        {
          user: owner.name,
          message: random.pick(REPLIES),
          at: first + HOUR + 180_000,
          type: "agent",
        },
      ]
      : [],
    permissions: new Map(),
  };
}

/** Adds deals up to a number, equally many at each stage. */
export function addDeals(
  random: Random,
  deals: Records<Deal>,
  around: Surroundings,
  count: number,
): void {
  let id = Math.max(...deals.keys());
  for (let index = deals.size; index < count; index++) {
    id += random.int(3, 900);
    deals.set(id, createDeal(id, index, random, around));
  }
}

/** The deals, five at each of the twelve stages. */
export function createDeals(
  random: Random,
  around: Surroundings,
): Records<Deal> {
  let id = 48_210_000 + random.int(0, 90_000);
  return new Map(
    Array.from({ length: COUNT }, (_, index) => {
      id += random.int(3, 900);
      return [id, createDeal(id, index, random, around)];
    }),
  );
}
