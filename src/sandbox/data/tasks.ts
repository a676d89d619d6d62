/**
 * Forty tasks of eight kinds.
 *
 * @module
 */

import type { Random } from "../random.ts";
import {
  contactName,
  type Deal,
  recordName,
  type Records,
  type Stored,
  type TaskCategory,
  type Values,
} from "../records.ts";
import { DAY, toDayFirst } from "../time.ts";
import type { Surroundings } from "./deals.ts";
import { EPOCH, record } from "./people.ts";
import { TASK_FIELDS } from "./task_template.ts";
import { USERS } from "./tenant.ts";

const COUNT = 40;
const HOUR = 3_600_000;

/** The id of a kind of task, its name, and what such a task is called. */
const KINDS: readonly (readonly [number, string, string])[] = [
  [21_604, "Telepon", "Telepon"],
  [21_605, "Kunjungan", "Kunjungan ke"],
  [21_606, "Email Penawaran", "Kirim penawaran ke"],
  [21_611, "Meeting Online", "Meeting dengan"],
  [30_942, "Survei Lokasi", "Survei lokasi"],
  [30_943, "Pengiriman Sampel", "Kirim sampel ke"],
  [30_947, "Penagihan", "Tagih pembayaran"],
  [44_018, "Administrasi Tender", "Siapkan dokumen untuk"],
];

const DETAILS = [
  "Konfirmasi kebutuhan dan jadwal pengiriman.",
  "Bahas termin pembayaran, bawa daftar harga terbaru.",
  "Pastikan kontak pengadaan masih sama.",
  "",
];
const NEXT_STEPS = [
  "Kirim penawaran revisi.",
  "Jadwalkan pertemuan dengan supervisor.",
  null,
];
const SUMMARIES = [
  "Diterima bagian umum, minta katalog cetak.",
  "Gudang sedang opname, kunjungan singkat.",
];

/** The kinds of tasks. */
export function createTaskCategories(): Map<number, TaskCategory> {
  return new Map(KINDS.map(([id, name]) => [
    id,
    { id, name, createdAt: EPOCH - 300 * DAY },
  ]));
}

/** What one of four tasks each is about: a deal, a contact, a company, nothing. */
function linkOf(
  index: number,
  random: Random,
  deals: Records<Deal>,
  { contacts, companies }: Surroundings,
): { readonly name: string; readonly values: Values } {
  switch (index % 4) {
    case 0: {
      const deal = random.pick([...deals.values()]);
      const { crm_lead_ids, crm_company_id } = deal.values;
      return {
        name: recordName(deal),
        values: {
          crm_deal_id: deal.id,
          crm_person_id: (crm_lead_ids as number[])[0] ?? null,
          crm_company_id: (crm_company_id as number[])[0] ?? null,
        },
      };
    }
    case 1: {
      const contact = random.pick([...contacts.values()]);
      const { crm_company_id } = contact.values;
      return {
        name: contactName(contact),
        values: { crm_person_id: contact.id, crm_company_id },
      };
    }
    case 2: {
      const company = random.pick([...companies.values()]);
      return {
        name: recordName(company),
        values: { crm_company_id: company.id },
      };
    }
    default:
      return { name: "pelanggan baru", values: {} };
  }
}

/** A custom value for a field of this type; undefined where none is wanted. */
function sampleOf(
  { type, dropdown, checklist_details_attributes }: typeof TASK_FIELDS[number],
  random: Random,
  at: number,
): string | undefined {
  switch (type) {
    case "Text Area":
      return random.pick(SUMMARIES);
    case "gps":
      return "-6.2297, 106.8295";
    case "Date":
      return toDayFirst(at + random.int(7, 40) * DAY);
    case "Dropdown select":
      return String(random.pick(dropdown ?? []).id);
    case "Checklist":
      return JSON.stringify({
        checklist_details_attributes: checklist_details_attributes?.map(
          (item) => ({ ...item, completed: random.chance(0.5) }),
        ),
      });
    default:
      return undefined;
  }
}

function createTask(
  id: number,
  index: number,
  random: Random,
  deals: Records<Deal>,
  around: Surroundings,
): Stored {
  const [categoryId, , verb] = random.pick(KINDS);
  const link = linkOf(index, random, deals, around);
  const name = `${verb} ${link.name}`;
  // Whole hours of a working day in Jakarta: the tenant begins at eight.
  const made = EPOCH + random.int(0, 45) * DAY + random.int(0, 8) * HOUR;
  const due = random.chance(0.8)
    ? EPOCH + random.int(10, 75) * DAY + random.int(0, 8) * HOUR
    : null;
  const user = random.pick(USERS);
  const visit = due !== null && random.chance(0.2);
  return {
    ...record(id, name, made, {
      name,
      ...link.values,
      crm_task_status_id: random.pick([1, 1, 2, 2, 3, 4, 4, 5]),
      user_id: user.id,
      crm_task_priority_id: random.pick([1, 2, 3, 3, 3, 4, 5]),
      crm_task_category_id: random.chance(0.9) ? categoryId : null,
      crm_team_ids: user.teams.map((team) => team.id),
      due_date: due,
      end_due_date: visit ? due + 2 * HOUR : null,
      reminder_date: due !== null && random.chance(0.6) ? due - HOUR : null,
      detail: random.pick(DETAILS),
      next_step: random.pick(NEXT_STEPS),
      attachment: random.chance(0.15)
        ? `https://files.example.co.id/tugas-${id}.pdf`
        : null,
      crm_checkin_attributes: visit
        ? { longitude: 106.8295, lattitude: -6.2297 }
        : null,
    }),
    custom: new Map(
      TASK_FIELDS.flatMap((field) => {
        const text = random.chance(0.3)
          ? sampleOf(field, random, made)
          : undefined;
        return text === undefined ? [] : [[field.id!, text]];
      }),
    ),
  };
}

/** The tasks. */
export function createTasks(
  random: Random,
  deals: Records<Deal>,
  around: Surroundings,
): Records {
  let id = 8_150_000 + random.int(0, 9_000);
  return new Map(
    Array.from({ length: COUNT }, (_, index) => {
      id += random.int(1, 60);
      return [id, createTask(id, index, random, deals, around)];
    }),
  );
}
